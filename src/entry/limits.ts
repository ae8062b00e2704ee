/**
 * Longest text of a member by which leaflog ties entries together or tells them apart, in UTF-16
 * units: type, id, parent, target, role. A longer one can be appended by nobody with leaflog; where
 * another program wrote it, the entry is read as it stands, and the member counts as one that says
 * nothing: with such an id or parent the entry takes no part in the chain.
 *
 * Who encodes entries and who scans them have to agree on it.
 */
export const MAX_MEMBER_LENGTH = 65_536;
