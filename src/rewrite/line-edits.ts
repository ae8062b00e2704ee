import type { LineSpans, Span } from "../scan/lines/line-facts.js";

/** A piece of an edited line: new text, or bytes that the line had. */
export type LinePiece = string | Span;

/** Puts `pieces` where the line had the bytes of `at`; an empty span inserts. */
export interface LineEdit {
  readonly at: Span;
  readonly pieces: readonly LinePiece[];
}

/** How a linear entry becomes a linked one. */
export interface EntryLink {
  /** The entry's new id; absent where it keeps its own. */
  readonly id?: string;
  readonly parentId: string | null;
}

/**
 * The edits that put `id` and `parentId` right behind an object's `{`. A value that stands in the
 * way of the new id is kept, byte for byte, as a member `originalId`.
 */
export function linkEdits(spans: LineSpans, link: EntryLink): LineEdit[] {
  const { id, parentId } = link;
  const parent = `"parentId":${JSON.stringify(parentId)}`;
  if (id === undefined) return [insertMembers(spans, [parent])];
  const value = JSON.stringify(id);
  if (spans.id === undefined) return [insertMembers(spans, [`"id":${value},${parent}`])];
  return [
    insertMembers(spans, [`${parent},"originalId":`, spans.id]),
    { at: spans.id, pieces: [value] },
  ];
}

/** The edit that makes a header claim a version. */
export function versionEdit(spans: LineSpans, version: number): LineEdit {
  if (spans.version) return { at: spans.version, pieces: [String(version)] };
  return insertMembers(spans, [`"version":${version}`]);
}

/** The edit that makes the first kept entry of a compaction known by id instead of by index. */
export function firstKeptEdit(member: Span, id: string): LineEdit {
  return { at: member, pieces: [`"firstKeptEntryId":${JSON.stringify(id)}`] };
}

/** The edit that renames the role of a message. */
export function roleEdit(value: Span, role: string): LineEdit {
  return { at: value, pieces: [JSON.stringify(role)] };
}

/** An edited line from its first byte to its last, in order. Edits must not overlap. */
export function editedLine(edits: readonly LineEdit[], length: number): LinePiece[] {
  const pieces: LinePiece[] = [];
  let position = 0;
  const ordered = edits.length > 1 ? edits.toSorted((a, b) => a.at.start - b.at.start) : edits;
  for (const { at, pieces: inserted } of ordered) {
    if (at.start > position) pieces.push({ start: position, end: at.start });
    pieces.push(...inserted);
    position = at.end;
  }
  if (length > position) pieces.push({ start: position, end: length });
  return pieces;
}

function insertMembers(spans: LineSpans, members: readonly LinePiece[]): LineEdit {
  const start = spans.object.start + 1;
  return {
    at: { start, end: start },
    pieces: spans.empty ? members : [...members, ","],
  };
}
