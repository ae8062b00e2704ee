import { LeaflogError } from "../base/errors.js";
import { HEADER_VERSION } from "../entry/header.js";

/** The error for a header that claims a version which nobody here knows. */
export function tooNew(file: string, version: number | undefined): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_BAD_HEADER",
    `the header claims version ${version}, and ${HEADER_VERSION} is the highest that this release knows: use a later release of leaflog`,
    { file },
  );
}
