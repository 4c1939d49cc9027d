// Reads one formula a line and counts those that KaTeX and MathJax parse without an error.
//
//   npm install && python -m data.canonical formulas.jsonl.xz | node parse.mjs
//
// The formulas that fail go to standard error, with the reason.
import { createInterface } from 'node:readline';
import katex from 'katex';
import { STATE } from 'mathjax-full/js/core/MathItem.js';
import { mathjaxDocument } from './mathjax.mjs';

const page = mathjaxDocument();
const parsers = {
  KaTeX: (latex) => katex.renderToString(latex, { displayMode: true, strict: false, output: 'mathml' }),
  MathJax: (latex) => page.convert(latex, { display: true, end: STATE.CONVERT }),
};
const parsed = { KaTeX: 0, MathJax: 0 };
let total = 0;
for await (const latex of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  total += 1;
  for (const [name, parse] of Object.entries(parsers)) {
    try {
      parse(latex);
      parsed[name] += 1;
    } catch (error) {
      console.error(`${name}\t${error.message.split('\n')[0]}\t${latex}`);
    }
  }
}
for (const [name, count] of Object.entries(parsed)) {
  console.log(`${name}: ${count} of ${total} parse (${((100 * count) / Math.max(total, 1)).toFixed(3)} %)`);
}
