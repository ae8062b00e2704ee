import { importPeer, peerPath } from "../harness/peers.js";

/** A part of a plot: lines, dots, bars, rules or text. */
export type Mark = object;

/** As much of Observable Plot as the report uses. */
export interface PlotLibrary {
  plot(options: object): { readonly outerHTML: string };
  barX(data: readonly object[], options: object): Mark;
  dot(data: readonly object[], options: object): Mark;
  line(data: readonly object[], options: object): Mark;
  link(data: readonly object[], options: object): Mark;
  text(data: readonly object[], options: object): Mark;
  ruleX(data: readonly number[], options?: object): Mark;
  ruleY(data: readonly number[], options?: object): Mark;
  axisX(options: object): Mark;
  axisY(options: object): Mark;
}

interface DomLibrary {
  parseHTML(html: string): { readonly document: object };
}

/** Draws without a browser; `draw` fills in the document that Plot needs. */
export interface Drawing extends PlotLibrary {
  /** An SVG, or a figure of several. */
  draw(options: object): string;
}

/** @throws Unavailable when the library is not installed */
export async function loadPlot(): Promise<Drawing> {
  const [plotPath, domPath] = await Promise.all([
    peerPath("@observablehq/plot"),
    peerPath("linkedom"),
  ]);
  const plot = await importPeer<PlotLibrary>(plotPath);
  const { parseHTML } = await importPeer<DomLibrary>(domPath);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return {
    ...plot,
    draw: (options) => plot.plot({ document, ...options }).outerHTML,
  };
}
