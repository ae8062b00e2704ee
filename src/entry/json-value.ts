import { types } from "node:util";
import { LeaflogError } from "../base/errors.js";
import { isObject } from "../base/json-object.js";

/** Levels of nesting that an entry may have: about as many as `JSON.stringify` can write. */
export const MAX_LEVELS = 5000;

/**
 * A value as JSON text, where that says what the value says. Members that are undefined, and those
 * whose name is a symbol, are left out, `toJSON` is asked, instances of classes are written by
 * their own enumerable members, and -0 is 0, all as `JSON.stringify` does it.
 *
 * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE`, which names the member, for what
 * `JSON.stringify` would turn into something else or drop without a word: NaN and the infinities,
 * functions, symbols, invalid dates, undefined and holes in lists, a `toJSON` that returns
 * undefined, and objects whose content is not in their members (Map, Set, RegExp, Error, typed
 * arrays, …); and for what it refuses itself: BigInt, circles, too deep a nesting
 */
export function jsonText(value: object): string {
  try {
    const isQuick = isPlain(value, MAX_LEVELS) && !hasToJson(Object.prototype);
    return isQuick ? JSON.stringify(value) : checkedText(value);
  } catch (error) {
    if (error instanceof LeaflogError) throw error;
    throw notSerializable(error instanceof Error ? error.message : String(error), error);
  }
}

/** What `JSON.stringify` would see of a value. */
export function jsonValue(value: unknown, key: string): unknown {
  if (!isObject(value) || typeof value.toJSON !== "function") return value;
  try {
    return value.toJSON(key);
  } catch (error) {
    throw notSerializable("toJSON threw", error);
  }
}

export function notSerializable(why: string, cause?: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_NOT_SERIALIZABLE", `JSON cannot hold this entry: ${why}`, {
    cause,
  });
}

/**
 * Whether a value is made of nothing but what JSON has. Quick, for every entry is looked through;
 * where it says no, it may still be that JSON can hold it.
 */
function isPlain(value: unknown, levels: number): boolean {
  if (typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return value - value === 0;
  if (typeof value !== "object") return false;
  if (value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) if (!isPlain(value[at], levels - 1)) return false;
    return !hasToJson(value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    // Most are strings, and spare the call.
    if (typeof member === "string" || member === undefined) continue;
    if (!isPlain(member, levels - 1)) return false;
  }
  return true;
}

function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** The same text, with each value looked at as it is about to be written. */
function checkedText(root: object): string {
  const holders = new Map<object, { readonly holder: object; readonly name: string }>();
  const pathOf = (holder: object, name: string): string => {
    const names = [name];
    for (let at = holders.get(holder); at?.name; at = holders.get(at.holder)) names.push(at.name);
    return names
      .reverse()
      .map((part, index) => (/^\w+$/.test(part) ? (index > 0 ? `.${part}` : part) : `["${part}"]`))
      .join("");
  };
  return JSON.stringify(root, function (this: object, name: string, value: unknown) {
    const why = whyNot(this, name, value);
    if (why !== undefined) throw notSerializable(`\`${pathOf(this, name)}\` is ${why}`);
    if (typeof value === "object" && value !== null && !holders.has(value)) {
      holders.set(value, { holder: this, name });
    }
    return value;
  });
}

/**
 * Why JSON would not say the same of a value; undefined where it does.
 *
 * @param value what its `toJSON` returned, where it has one
 */
function whyNot(holder: object, name: string, value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `${value}, of which JSON makes null`;
    case "function":
    case "symbol":
      return `a ${typeof value}, which JSON would drop`;
    case "undefined": {
      if (Array.isArray(holder)) return "undefined, of which JSON makes null";
      const wasThere = (holder as Record<string, unknown>)[name] !== undefined;
      return wasThere ? "dropped by JSON: its toJSON returned undefined" : undefined;
    }
    case "object":
      if (value !== null) return whyNotObject(value);
      return isInvalidDate((holder as Record<string, unknown>)[name])
        ? "an invalid date, of which JSON makes null"
        : undefined;
    default:
      return undefined;
  }
}

function whyNotObject(value: object): string | undefined {
  if (Array.isArray(value)) return undefined;
  if (types.isBoxedPrimitive(value)) {
    const inner: unknown = value.valueOf();
    const isLost =
      typeof inner === "symbol" || (typeof inner === "number" && !Number.isFinite(inner));
    return isLost ? `a boxed ${String(inner)}, of which JSON makes something else` : undefined;
  }
  const hidesContent =
    hidesItsContent(value) || (!isRecord(value) && Object.keys(value).length === 0);
  return hidesContent
    ? `of class ${classOf(value)}, of which JSON would not keep what is in it`
    : undefined;
}

/** Whether an object has its content elsewhere than in its members. */
function hidesItsContent(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isArrayBufferView(value) ||
    types.isGeneratorObject(value)
  );
}

/** Whether an object is one that `{}` makes, here or in another realm, or has no prototype. */
function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf(value: object): string {
  const { constructor: made } = value as { constructor?: unknown };
  return typeof made === "function" && made.name !== ""
    ? made.name
    : Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function isInvalidDate(value: unknown): boolean {
  return types.isDate(value) && Number.isNaN(value.getTime());
}
