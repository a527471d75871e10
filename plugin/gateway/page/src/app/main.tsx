import { render } from "preact";
import { Shell } from "./shell";
import { language } from "./language";
import "./theme.css";
import "./layout.css";

document.documentElement.lang = language;
const page = document.getElementById("page");
if (page === null) throw new Error("index.html has an element #page");
render(<Shell />, page);
