// Whichever of the page's three script elements finds this file: it may be more than one.
const page = document.documentElement;
if (page.dataset["started"] === undefined) {
  page.dataset["started"] = "";
  void import("./app/main");
}
