import { render } from "preact";
import { Shell } from "./shell";
import { language } from "./language";
import icon from "./icon.svg";
import "./theme.css";
import "./layout.css";

document.documentElement.lang = language;
const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
if (link !== null) link.href = icon;
const page = document.getElementById("page");
if (page === null) throw new Error("index.html has an element #page");
render(<Shell />, page);
