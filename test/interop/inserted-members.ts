const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.source;
const LINK = new RegExp(`^\\{"id":"${ID}","parentId":(?:null|"${ID}"),`);
const VERSION = /^\{"version":3,/;

/**
 * The bytes of a migrated file without what the migration of a version 1 session may insert: a
 * version into the header, `id` and `parentId` into each entry. Throws where a line has anything
 * else in that place, so that equal bytes prove that nothing else was touched.
 */
export function withoutInsertedMembers(migrated: Buffer): Buffer {
  // latin1 maps each byte to one character and back.
  const lines = migrated.toString("latin1").split("\n");
  const restored = lines.map((line, index) => {
    if (line === "" && index === lines.length - 1) return "";
    const inserted = index === 0 ? VERSION : LINK;
    if (!inserted.test(line)) throw new Error(`line ${index + 1} begins ${line.slice(0, 120)}`);
    return line.replace(inserted, "{");
  });
  return Buffer.from(restored.join("\n"), "latin1");
}
