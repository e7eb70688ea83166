// The pages of the bench and the way between them; each page is a module with one function `show`.

import { listen, onJobs } from "./api.js";
import { el, fill, faults } from "./dom.js";

const PAGES = [["recipe", "Recipe"], ["run", "Runs"], ["studies", "Studies"], ["suggest", "What next"], ["measure", "Measure"], ["claims", "Claims"], ["jobs", "Jobs"]];
let leave = null, turn = 0;

function links(current) {
  const nav = document.getElementById("pages");
  fill(nav, PAGES.map(([name, title]) =>
    el("a", { href: `#/${name}`, id: `to-${name}`, "aria-current": name === current ? "page" : null }, title)));
  count();
}

let atWork = 0;
function count() {
  const link = document.getElementById("to-jobs");
  if (link) link.textContent = atWork ? `Jobs (${atWork} at work)` : "Jobs";
}

async function go() {
  const [, path = "recipe", rest = ""] = location.hash.match(/^#\/(\w+)\??(.*)$/) || [];
  const name = PAGES.some(([page]) => page === path) ? path : "recipe";
  links(name);
  document.title = `${PAGES.find(([page]) => page === name)[1]} – epidot bench`;
  if (leave) leave();
  leave = null;
  const mine = ++turn;
  const main = document.getElementById("page");
  const place = el("div", { class: `page-${name}` }, el("p", { class: "quiet" }, "Loading…"));
  fill(main, place);
  try {
    const page = await import(`./${name}.js`);
    if (mine !== turn) return;
    const left = await page.show(place, new URLSearchParams(rest));
    if (mine === turn) leave = left;
    else if (left) left(); // the reader went on while it loaded
  } catch (error) {
    fill(place, faults(error));
  }
}

onJobs((jobs) => {
  atWork = jobs.filter((job) => ["running", "starting"].includes(job.state)).length;
  count();
});
listen();
addEventListener("hashchange", go);
go();
