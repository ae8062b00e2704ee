import { newHeader } from "../../entry/header.js";
import type { OpenFile } from "../../file/file-system.js";
import type { FoundKeys, KeyLookup } from "../../keys/key-lookup.js";
import type { KeyQuery } from "../../keys/key-query.js";
import type { Tail } from "../../scan/end/tail.js";
import type { TornTail } from "../../scan/end/tail-damage.js";
import type { AppendCall } from "../call/append-call.js";
import type { TranscriptFile } from "../held/transcript-file.js";
import type { BaseFinder, CommitBase, Found } from "./commit-base.js";
import type { GroupCommit, GroupTerms } from "./group.js";
import { composeGroup, composeInSlices } from "./group-commit.js";
import type { LeafTargets } from "./leaf-targets.js";
import { StoredKeys } from "./stored-keys.js";

/** How often a large group is laid out in slices while other programs keep writing meanwhile. */
const MAX_LAYOUTS = 3;

/** What group commits are composed from. */
export interface ComposedFrom {
  readonly file: TranscriptFile;
  readonly finder: BaseFinder;
  readonly keys: KeyLookup;
  readonly targets: LeafTargets;
}

/** Composes group commits for one file as it is found, while its lock is held. */
export class GroupComposer {
  readonly #path: string;
  readonly #from: ComposedFrom;

  constructor(path: string, from: ComposedFrom) {
    this.#path = path;
    this.#from = from;
  }

  /** There at once where nothing has to be searched or migrated before. */
  compose(calls: readonly AppendCall[], found: Found): GroupCommit | Promise<GroupCommit> {
    const terms = this.#termsFor(calls, found);
    if (!(terms instanceof Promise)) return composeGroup(calls, terms);
    return terms.then((answer) => composeGroup(calls, answer));
  }

  /**
   * Lays out in slices what would keep the event loop busy for long, then looks at the file again:
   * where another program wrote meanwhile, it is laid out anew; in one slice when that does not end.
   */
  async composeLarge(
    calls: readonly AppendCall[],
    found: Found,
    onChanged?: (tail: Tail | undefined) => void,
  ): Promise<GroupCommit> {
    let now = found;
    // A migration may have closed it off before the first try.
    let tornTail: TornTail | undefined;
    for (let tries = 0; tries < MAX_LAYOUTS; tries += 1) {
      const terms = await this.#termsFor(calls, now);
      tornTail ??= terms.tornTail;
      const before = this.#from.file.tail;
      const group = await composeInSlices(calls, { ...terms, tornTail });
      const again = this.#from.finder.find();
      now = again instanceof Promise ? await again : again;
      if (now.tail === before) return group;
      onChanged?.(now.tail);
    }
    return this.compose(calls, now);
  }

  /** What calls are laid out by; there at once where nothing has to be searched or migrated before. */
  #termsFor(calls: readonly AppendCall[], found: Found): GroupTerms | Promise<GroupTerms> {
    const first = calls[0] as AppendCall;
    const { options } = first.terms;
    const base = this.#from.finder.baseOf(found, options);
    const isKeyed = calls.some(({ keyed }) => keyed !== undefined);
    if (!(base instanceof Promise) && !first.namesTarget && !isKeyed) {
      return this.#groupTerms(calls, base);
    }
    return this.#searchedTerms(calls, base);
  }

  async #searchedTerms(
    calls: readonly AppendCall[],
    found: CommitBase | Promise<CommitBase>,
  ): Promise<GroupTerms> {
    const first = calls[0] as AppendCall;
    let base = await found;
    const targets = first.namesTarget ? await this.#findTargets(first) : undefined;
    const isKeyed = calls.some(({ keyed }) => keyed !== undefined);
    const keys = isKeyed ? await this.findKeys(queriesOf(calls)) : undefined;
    if (targets || keys) {
      // The search may have taken long.
      const { tornTail } = base;
      base = await this.#from.finder.baseOf(await this.#from.finder.find(), first.terms.options);
      base = { ...base, tornTail: tornTail ?? base.tornTail };
    }
    return this.#groupTerms(calls, base, targets, keys);
  }

  #groupTerms(
    calls: readonly AppendCall[],
    { tail, strategy, tornTail, notMigrated }: CommitBase,
    targets?: ReadonlySet<string>,
    keys?: FoundKeys,
  ): GroupTerms {
    const { sessionId, hadEntries } = this.#from.finder;
    const format = this.#from.finder.formatFor(tail, calls);
    const hasHeader = format.headerType !== undefined;
    const isNew = hasHeader && (tail === undefined || tail.header.state === "empty");
    return {
      file: this.#path,
      format,
      size: tail?.size ?? 0,
      leaf: tail?.leaf ?? { shape: "empty", leafId: null, linearAfterLeaf: false },
      linked: strategy === "link",
      openTail: tail?.tornTail !== undefined,
      tornTail,
      damagedLine: tail?.damagedLine,
      headerFor: isNew
        ? (options) => newHeader(options.cwd, sessionId ?? options.sessionId)
        : undefined,
      recreated: tail === undefined && hadEntries,
      truncated: tail?.size === 0 && hadEntries,
      hasEntry: (id) => targets?.has(id) ?? false,
      keyed: keys && new StoredKeys(keys, this.#path),
      notMigrated,
    };
  }

  /** What the file holds of some keys, as of the last look. */
  async findKeys(queries: readonly KeyQuery[]): Promise<FoundKeys> {
    const { file, keys } = this.#from;
    const find = (open: OpenFile, tail: Tail) => keys.find(queries, open, tail);
    return (await file.withFile(find)) ?? { stored: new Map(), messages: 0 };
  }

  /** Which of the entries that the `leaf` entries of a call name are there, as of the last look. */
  async #findTargets(call: AppendCall): Promise<ReadonlySet<string>> {
    const { file, targets } = this.#from;
    const find = (open: OpenFile, tail: Tail) => targets.find(call, open, tail);
    return (await file.withFile(find)) ?? new Set();
  }
}

function queriesOf(calls: readonly AppendCall[]): KeyQuery[] {
  return calls.flatMap(({ keyed }) => keyed?.query ?? []);
}
