/** The keys that the scan looks out for, those of inner objects too. */
export const WATCHED: readonly [string, ...string[]] = [
  "type",
  "id",
  "parentId",
  "targetId",
  "version",
  "firstKeptEntryIndex",
  "batch",
  "message",
  "role",
  "index",
  "size",
];
