// MathJax as on a default page, but for errors: they are thrown, not shown.
import { mathjax } from 'mathjax-full/js/mathjax.js';
import { TeX } from 'mathjax-full/js/input/tex.js';
import { AllPackages } from 'mathjax-full/js/input/tex/AllPackages.js';
import { liteAdaptor } from 'mathjax-full/js/adaptors/liteAdaptor.js';
import { RegisterHTMLHandler } from 'mathjax-full/js/handlers/html.js';

export const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
// noerrors and noundefined hide errors; the other packages of MathJax's own list stay.
const packages = AllPackages.filter((name) => !['noerrors', 'noundefined', 'bussproofs'].includes(name));

// A document that converts formulas; without an output, to MathJax's own tree alone.
export function mathjaxDocument(output) {
  const tex = new TeX({
    packages,
    formatError: (_, error) => {
      throw error;
    },
  });
  return mathjax.document('', { InputJax: tex, ...(output && { OutputJax: output }) });
}
