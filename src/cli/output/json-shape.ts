/**
 * The members of a JSON text: what it is and, behind a colon, what it means; `name?` for one that
 * may be absent, `[name]` for any name, `[shape]` for a list.
 */
export type JsonShape = string | readonly [JsonShape] | { readonly [member: string]: JsonShape };

/** The shape that documents each member of a type, and none that it does not have. */
export type ShapeOf<T> = [Exclude<T, undefined>] extends [readonly (infer Item)[]]
  ? readonly [ShapeOf<Item>]
  : [Exclude<T, undefined>] extends [object]
    ? string extends MemberOf<Exclude<T, undefined>>
      ? string | { readonly "[name]": ShapeOf<Exclude<T, undefined>[keyof Exclude<T, undefined>]> }
      : MembersOf<Exclude<T, undefined>>
    : string;

/** Names of the members of any of a union's types. */
type MemberOf<T> = T extends unknown ? keyof T & string : never;

type ValueOf<T, Name extends string> = T extends { readonly [member in Name]?: infer Value }
  ? Value
  : never;

/** Names of the members that all of a union's types always have. */
type AlwaysOf<T> = {
  [Name in keyof T & string]: undefined extends T[Name] ? never : Name;
}[keyof T & string];

type MembersOf<T> = {
  readonly [Name in AlwaysOf<T>]: ShapeOf<ValueOf<T, Name>>;
} & {
  readonly [Name in Exclude<MemberOf<T>, AlwaysOf<T>> as `${Name}?`]: ShapeOf<ValueOf<T, Name>>;
};

/** The shape as a text for people, a member a line. */
export function shapeText(shape: JsonShape, indent = ""): string {
  if (typeof shape === "string") return shape;
  if (isList(shape)) return `list of ${shapeText(shape[0], indent)}`;
  const members = Object.entries(shape);
  const width = Math.max(...members.map(([name]) => name.length));
  const rows = members.map(([name, member]) => {
    const text = shapeText(member, `${indent}  `);
    return `${indent}  ${name.padEnd(width)}  ${text}`;
  });
  return `object\n${rows.join("\n")}`;
}

/** Whether a shape is that of a list. */
export function isList(shape: JsonShape): shape is readonly [JsonShape] {
  return Array.isArray(shape);
}
