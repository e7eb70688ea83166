// Files of a drop, those in dropped folders too, each with its `place` below what was dropped.

const MOST = 5000; // files; more lie in a folder that is better opened by `epidot ui` itself

export async function entries(transfer) {
  const tops = [...transfer.items].map((i) => (i.webkitGetAsEntry ? i.webkitGetAsEntry() : null));
  if (!tops.some((entry) => entry && entry.isDirectory)) return [...transfer.files];
  const found = [];
  for (const entry of tops) if (entry) await below(entry, found);
  return found;
}

async function below(entry, found) {
  if (found.length >= MOST) return;
  if (entry.isFile) {
    const file = await new Promise((good, bad) => entry.file(good, bad));
    file.place = entry.fullPath.replace(/^\//, "");
    found.push(file);
    return;
  }
  const reader = entry.createReader();
  // A reader hands over some at a time, until there are none.
  for (let some = [null]; some.length;) {
    some = await new Promise((good, bad) => reader.readEntries(good, bad));
    for (const one of some) await below(one, found);
  }
}
