/** The same bytes with the names that Claude Code has for an entry's id and parent. */
export function inClaudeNames(text: string): string {
  return text.replaceAll('"id":', '"uuid":').replaceAll('"parentId":', '"parentUuid":');
}
