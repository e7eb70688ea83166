// What next: of the experiments that could be done, those that would tell the most.

import { studies } from "./studies.js";

const KINDS = [["suggest", "suggest: the next experiment"]];
export const show = (place, asked) => studies(place, asked, "What next", KINDS);
