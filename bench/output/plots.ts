import type { QuestionRecord, SeriesRecord } from "../harness/run-record.js";
import { VALUES } from "../harness/values.js";
import { figure } from "./figures.js";
import { escapeHtml } from "./html.js";
import type { Palette } from "./palette.js";
import type { Drawing } from "./plot-library.js";
import type { CaseGroup } from "./question-grid.js";

const WIDTH = 640;
/** Room for a label below those of the ticks. */
const MARGIN_BOTTOM = 46;
const LABEL_OFFSET = 42;
const STYLE = { fontSize: "12px", background: "transparent", overflow: "visible" };
/** Milliseconds; what is less is drawn here, for the axis is logarithmic. */
const LEAST_MS = 0.001;
/** The worst stands where one in so many would. */
const WORST_ONE_IN = 1e5;

/** The headline figure of each arm, with a whisker from the least to the most. */
export function barPlot(
  drawing: Drawing,
  palette: Palette,
  { headline }: QuestionRecord,
  group: CaseGroup,
): string {
  const { label, better } = VALUES[headline];
  const bars = group.series.flatMap(({ arm, values }) => {
    const spread = values[headline];
    return spread
      ? [{ arm, ...spread, label: figure(spread.median), colour: palette.of(arm) }]
      : [];
  });
  if (bars.length === 0) return "";
  const most = Math.max(...bars.map(({ max }) => max));
  return drawing.draw({
    width: WIDTH,
    marginLeft: 215,
    marginRight: 70,
    marginBottom: MARGIN_BOTTOM,
    style: STYLE,
    // Room for a label behind the longest.
    x: {
      label: `${label} (${better} is better) →`,
      labelOffset: LABEL_OFFSET,
      domain: [0, most],
      nice: true,
      grid: true,
      ticks: 5,
    },
    y: { label: null, domain: bars.sort(bestFirst(better)).map(({ arm }) => arm) },
    marks: [
      drawing.barX(bars, { x: "median", y: "arm", fill: "colour", insetTop: 2, insetBottom: 2 }),
      drawing.link(bars, { x1: "min", x2: "max", y1: "arm", y2: "arm", stroke: "currentColor" }),
      drawing.text(bars, { x: "max", y: "arm", text: "label", textAnchor: "start", dx: 6 }),
      drawing.ruleX([0]),
    ],
  });
}

function bestFirst(better: "more" | "less") {
  return (a: { median: number }, b: { median: number }) =>
    better === "more" ? b.median - a.median : a.median - b.median;
}

/** How a share of calls, or of heartbeats, fared: from the median to the worst. */
export function distributionPlot(
  drawing: Drawing,
  palette: Palette,
  series: readonly SeriesRecord[],
  what: { readonly of: "latency" | "gaps"; readonly label: string },
  probabilities: readonly number[],
): string {
  const points = series.flatMap((one) =>
    (one[what.of] ?? []).flatMap((ms, index) => {
      const probability = probabilities[index] as number;
      if (probability < 0.5) return [];
      return [{ arm: one.arm, nines: nines(probability), ms: Math.max(ms, LEAST_MS) }];
    }),
  );
  if (points.length === 0) return "";
  const arms = [...new Set(points.map(({ arm }) => arm))];
  const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999, 1];
  const plot = drawing.draw({
    width: WIDTH,
    height: 340,
    marginLeft: 60,
    marginRight: 30,
    marginBottom: MARGIN_BOTTOM,
    style: STYLE,
    color: palette.scale(arms),
    x: {
      label: "share that was no slower →",
      labelOffset: LABEL_OFFSET,
      ticks: ticks.map(nines),
      tickFormat: (place: number) => shareLabel(ticks.find((tick) => nines(tick) === place) ?? 1),
    },
    y: { type: "log", label: `↑ ${what.label}`, grid: true, tickFormat: figure },
    marks: [
      drawing.line(points, { x: "nines", y: "ms", stroke: "arm", strokeWidth: 2 }),
      drawing.dot(
        points.filter(({ nines: place }) => place === nines(1)),
        { x: "nines", y: "ms", fill: "arm", r: 3 },
      ),
    ],
  });
  return legend(palette, arms) + plot;
}

/** Two nines for 99 %, three for 99.9 %. */
function nines(probability: number): number {
  return -Math.log10(Math.max(1 - probability, 1 / WORST_ONE_IN));
}

function shareLabel(probability: number): string {
  return probability === 1 ? "worst" : `${Number((100 * probability).toPrecision(6))} %`;
}

/** Time against the file's size, both logarithmic. */
export function sizePlot(
  drawing: Drawing,
  palette: Palette,
  { headline, series }: QuestionRecord,
): string {
  const points = series.flatMap(({ arm, case: name, values }) => {
    const bytes = bytesOf(name);
    const ms = values[headline]?.median;
    return bytes === undefined || ms === undefined ? [] : [{ arm, bytes, ms }];
  });
  if (points.length === 0) return "";
  const arms = [...new Set(points.map(({ arm }) => arm))];
  const sizes = [...new Set(points.map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const plot = drawing.draw({
    width: WIDTH,
    height: 340,
    marginLeft: 60,
    marginRight: 30,
    marginBottom: MARGIN_BOTTOM,
    style: STYLE,
    color: palette.scale(arms),
    x: {
      type: "log",
      // Sizes are powers of two, and only powers of the base get a label.
      base: 2,
      label: "size of the file →",
      labelOffset: LABEL_OFFSET,
      ticks: sizes,
      tickFormat: sizeLabel,
    },
    y: { type: "log", label: `↑ ${VALUES[headline].label}`, grid: true, tickFormat: figure },
    marks: [
      drawing.line(points, { x: "bytes", y: "ms", stroke: "arm", strokeWidth: 2, sort: "bytes" }),
      drawing.dot(points, { x: "bytes", y: "ms", fill: "arm", r: 4 }),
    ],
  });
  return legend(palette, arms) + plot;
}

function legend(palette: Palette, arms: readonly string[]): string {
  const items = arms.map(
    (arm) => `<li><i style="background:${palette.of(arm)}"></i>${escapeHtml(arm)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

const MB = 1024 * 1024;

/** Of a case such as `64 MB` or `4 GB`. */
export function bytesOf(name: string): number | undefined {
  const found = /^(\d+) (MB|GB)/.exec(name);
  if (!found) return undefined;
  return Number(found[1]) * (found[2] === "GB" ? 1024 * MB : MB);
}

function sizeLabel(bytes: number): string {
  return bytes >= 1024 * MB ? `${bytes / 1024 / MB} GB` : `${bytes / MB} MB`;
}
