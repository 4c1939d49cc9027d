// Reads one formula a line and draws each as a page in Chromium shows it: FOLDER/0.png, FOLDER/1.png, ...
//
//   npm install && node draw.mjs KaTeX|MathJax FOLDER PIXEL_RATIO CHROMIUM < formulas.txt
//
// Type is of the size that a page has which sets nothing, at so many device pixels a CSS pixel. A formula that does not
// parse has no picture: its number and the reason go to standard error.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import katex from 'katex';
import { SVG } from 'mathjax-full/js/output/svg.js';
import puppeteer from 'puppeteer-core';
import { adaptor, mathjaxDocument } from './mathjax.mjs';

const FORMULAS_A_PAGE = 50;
const STYLE = '<style>.formula { display: inline-block; padding: 8px } .formula > * { margin: 0 !important }</style>';

function katexEngine() {
  const style = pathToFileURL(createRequire(import.meta.url).resolve('katex/dist/katex.min.css'));
  return {
    head: `<link rel="stylesheet" href="${style}">`,
    html: (latex) => katex.renderToString(latex, { displayMode: true, strict: false, output: 'html' }),
  };
}

function mathjaxEngine() {
  const output = new SVG({ fontCache: 'local' });
  const page = mathjaxDocument(output);
  return {
    head: `<style>${adaptor.textContent(output.styleSheet(page))}</style>`,
    html: (latex) => adaptor.outerHTML(page.convert(latex, { display: true })),
  };
}

const [name, folder, ratio, executablePath] = process.argv.slice(2);
const { head, html } = { KaTeX: katexEngine, MathJax: mathjaxEngine }[name]();
const formulas = readFileSync(0, 'utf8').split('\n').filter(Boolean);
const scratch = mkdtempSync(join(tmpdir(), 'formulas-'));
const browser = await puppeteer.launch({
  executablePath,
  // Chromium has no sandbox for root.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 2000, height: 1000, deviceScaleFactor: Number(ratio) });
  for (let start = 0; start < formulas.length; start += FORMULAS_A_PAGE) {
    const boxes = formulas.slice(start, start + FORMULAS_A_PAGE).map((latex, i) => {
      try {
        return `<div><div class="formula" id="${start + i}">${html(latex)}</div></div>`;
      } catch (error) {
        console.error(`${start + i}\t${error.message.split('\n')[0]}`);
        return '';
      }
    });
    const path = join(scratch, `${start}.html`);
    writeFileSync(path, `<!DOCTYPE html><meta charset="utf-8">${head}${STYLE}<body>${boxes.join('\n')}</body>`);
    await page.goto(pathToFileURL(path).href, { waitUntil: 'load', timeout: 120000 });
    await page.evaluate(() => document.fonts.ready.then(() => null));
    for (const box of await page.$$('.formula')) {
      const id = await box.evaluate((element) => element.id);
      await box.screenshot({ path: join(folder, `${id}.png`) });
    }
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}
