// Reads one JSON object a line from standard input, prints them as a table, and writes them to the file that is the
// first argument. Ends with 1 if a ratio is below its least, or a benchmark gave none.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

const results = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const number = (value) => (value === undefined ? "" : value.toLocaleString("en", { maximumSignificantDigits: 4 }));
const isGood = (result) => !result.fault && result.ratio >= (result.least ?? 0);

const table = [["", "A", "B", "", "A/B", "at least", ""]];
for (const result of results) {
    table.push([
        result.name, number(result.a), number(result.b), result.unit ?? "", number(result.ratio), number(result.least),
        result.fault ?? (isGood(result) ? "" : "below"),
    ]);
}
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
const isText = [true, false, false, true, false, false, true];
for (const row of table) {
    const cells = row.map((cell, column) => isText[column] ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
    console.log(cells.join("  ").trimEnd());
}

const path = process.argv[2];
writeFileSync(path, JSON.stringify({ at: new Date().toISOString(), cpus: cpus().length, results }, null, 2) + "\n");
console.log(path);
process.exitCode = results.every(isGood) ? 0 : 1;
