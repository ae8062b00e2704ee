import { isLinearVersion } from "../../entry/header.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileContent } from "../../scan/file-content.js";
import type { FoundHeader } from "../../scan/find-header.js";
import type { EncodingWatch } from "./verify-encoding.js";
import type { LinkFindings, VerifyProblem, VerifyReport } from "./verify-report.js";
import type { VerifyScan } from "./verify-scan.js";

/** All that the reading of a file came to. */
export interface VerifyFacts {
  readonly file: string;
  /** Bytes that were read. */
  readonly size: number;
  readonly format: TranscriptFormat;
  readonly content: FileContent;
  readonly header: FoundHeader;
  /** Whether a missing header is a problem. */
  readonly headerRequired: boolean;
  readonly scan: VerifyScan;
  readonly encoding: EncodingWatch;
  readonly leaf: VerifyReport["leaf"];
  /** Undefined when there were too many to check. */
  readonly links: LinkFindings | undefined;
}

/** The report of it. */
export function summarize(facts: VerifyFacts): VerifyReport {
  const { file, size, format, header, scan, encoding, leaf, links } = facts;
  const problems = [...problemsOf(facts)];
  const { linked, linear, unlinked } = scan.counts;
  const { findings, signatures, records } = scan.malformed;
  return {
    file,
    ok: problems.length === 0,
    problems,
    bytes: size,
    lines: scan.lines,
    format: format.name,
    content: facts.content,
    header: describeHeader(header),
    counts: {
      entries: linked + linear + unlinked,
      ...scan.counts,
      malformed: findings.total,
    },
    types: Object.fromEntries(scan.types),
    malformed: { ...findings.listed, signatures, records },
    ...(scan.tail && { unterminatedTail: scan.tail }),
    invalidUtf8: encoding.invalid.findings.listed,
    loneSurrogates: encoding.surrogates.findings.listed,
    furtherHeaders: scan.strays.headers.listed,
    foreignLines: scan.strays.foreign.listed,
    interruptedBatches: scan.batches.interrupted.listed,
    longestLine: scan.longest,
    leaf,
    ...(links && { links }),
  };
}

function describeHeader(header: FoundHeader): VerifyReport["header"] {
  if (header.state === "empty" || header.state === "none") return { state: header.state };
  const { offset, length } = header;
  if (header.state === "damaged") return { state: "missing", offset, length };
  return { state: "header", id: header.id, version: header.version };
}

function* problemsOf(facts: VerifyFacts): Iterable<VerifyProblem> {
  const { content, header, headerRequired, scan, encoding, links } = facts;
  if (content !== "transcript") yield "no-transcript";
  if (headerRequired && header.state === "damaged") yield "header";
  if (scan.malformed.findings.total > 0) yield "malformed";
  if (scan.tail) yield "tail";
  if (encoding.invalid.findings.total > 0) yield "invalid-utf8";
  if (scan.counts.linear > 0 && !isLinear(facts)) yield "linear";
  if (links === undefined) {
    yield "links-unchecked";
    return;
  }
  if (links.dangling.total > 0) yield "dangling";
  const { same, different } = links.duplicates;
  if (same.total + different.total > 0) yield "duplicate-ids";
  if (links.cycles.total > 0) yield "cycles";
}

/** Whether the transcript is one that is linear as a whole, and meant to be. */
function isLinear({ format, header, scan }: VerifyFacts): boolean {
  if (format.parentId === undefined) return true;
  const { linked, unlinked } = scan.counts;
  const version = header.state === "header" ? header.version : undefined;
  return linked + unlinked === scan.notes && isLinearVersion(version);
}
