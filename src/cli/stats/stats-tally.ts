import { isObject } from "../../base/json-object.js";
import type { Entry, EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { entryFacts, entryLabel, roleOf } from "../output/entry-facts.js";
import type { EntryGroup, ModelUse, StatsReport } from "./stats-report.js";

/** Names that are told apart; a file may have as many as it has entries. */
const MAX_NAMES = 1000;
const OTHER = "(other)";
const NONE = "(none)";
const LONGEST = 10;

type Longest = StatsReport["longest"][number];
type Usage = Omit<ModelUse, "name">;

/** Counts what is in the entries that it is shown. */
export class StatsTally {
  entries = 0;
  entryBytes = 0;
  linear = 0;
  oversized = 0;
  readonly types: GroupTally = new GroupTally();
  readonly roles: GroupTally = new GroupTally();
  readonly tools: GroupTally = new GroupTally();
  readonly #models = new Map<string, Usage>();
  readonly #longest: Longest[] = [];
  readonly #format: TranscriptFormat;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(format: TranscriptFormat) {
    this.#format = format;
  }

  add(record: EntryRecord): void {
    const { entry, oversized, length } = record;
    this.entries += 1;
    this.entryBytes += length;
    if (entry === undefined) this.oversized += 1;
    const { kind, id } = entryFacts(record, this.#format);
    if (kind === "linear") this.linear += 1;
    this.types.add(nameOf(entry?.type ?? oversized?.type), length);
    this.#meet(record, id);
    if (entry === undefined) return;
    this.#time(entry.timestamp);
    const role = roleOf(entry);
    if (role !== undefined) this.roles.add(role, length);
    if (isObject(entry.message)) this.#message(entry, entry.message, length);
  }

  get span(): StatsReport["span"] {
    if (this.#first > this.#last) return undefined;
    return {
      first: new Date(this.#first).toISOString(),
      last: new Date(this.#last).toISOString(),
      seconds: Math.round((this.#last - this.#first) / 1000),
    };
  }

  get models(): ModelUse[] {
    const uses = [...this.#models].map(([name, usage]) => ({ name, ...usage }));
    return uses.sort((a, b) => b.messages - a.messages);
  }

  get longest(): readonly Longest[] {
    return this.#longest;
  }

  #meet(record: EntryRecord, id: string | undefined): void {
    const { offset, length } = record;
    const last = this.#longest.at(-1);
    if (last && this.#longest.length === LONGEST && last.length >= length) return;
    const label = entryLabel(record);
    this.#longest.push({ offset, length, label, ...(id !== undefined && { id }) });
    this.#longest.sort((a, b) => b.length - a.length);
    this.#longest.length = Math.min(LONGEST, this.#longest.length);
  }

  #time(timestamp: unknown): void {
    const time = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
    if (Number.isNaN(time)) return;
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
  }

  #message(entry: Entry, message: Readonly<Record<string, unknown>>, length: number): void {
    const { toolName, usage, model, provider } = message;
    if (typeof toolName === "string") this.tools.add(toolName, length);
    if (!isObject(usage) || typeof model !== "string") return;
    const maker = provider ?? entry.provider;
    const name = typeof maker === "string" ? `${maker}/${model}` : model;
    const known = this.#models.get(name);
    const key = known || this.#models.size < MAX_NAMES ? name : OTHER;
    this.#models.set(key, addUsage(this.#models.get(key), usage));
  }
}

/** Counts entries by a name that they have. */
export class GroupTally {
  readonly #groups = new Map<string, Omit<EntryGroup, "name">>();

  add(name: string, bytes: number): void {
    const key = this.#groups.has(name) || this.#groups.size < MAX_NAMES ? name : OTHER;
    const group = this.#groups.get(key) ?? { entries: 0, bytes: 0, longest: 0 };
    this.#groups.set(key, {
      entries: group.entries + 1,
      bytes: group.bytes + bytes,
      longest: Math.max(group.longest, bytes),
    });
  }

  /** Those with the most bytes first. */
  get listed(): EntryGroup[] {
    const groups = [...this.#groups].map(([name, group]) => ({ name, ...group }));
    return groups.sort((a, b) => b.bytes - a.bytes);
  }
}

function addUsage(use: Usage | undefined, noted: Readonly<Record<string, unknown>>): Usage {
  const { cost } = noted;
  return {
    messages: (use?.messages ?? 0) + 1,
    input: (use?.input ?? 0) + tokens(noted.input ?? noted.input_tokens),
    output: (use?.output ?? 0) + tokens(noted.output ?? noted.output_tokens),
    cacheRead: (use?.cacheRead ?? 0) + tokens(noted.cacheRead ?? noted.cache_read_input_tokens),
    cacheWrite:
      (use?.cacheWrite ?? 0) + tokens(noted.cacheWrite ?? noted.cache_creation_input_tokens),
    cost: (use?.cost ?? 0) + tokens(isObject(cost) ? cost.total : cost),
  };
}

function tokens(count: unknown): number {
  return typeof count === "number" && Number.isFinite(count) && count > 0 ? count : 0;
}

function nameOf(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : NONE;
}
