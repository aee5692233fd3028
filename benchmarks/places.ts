/** Where a reference to another case of a measure leads. */
import type { Case } from './suite.ts'

export type Place = NonNullable<Case['reference']>

/** What it does not name is that of the case itself. */
export function placeOf({ subject, at }: Case, reference: Place): Place & { readonly subject: string } {
  return { subject, ...(at === undefined ? {} : { at }), ...reference }
}

export function isAt(one: Case, { subject, at }: Place): boolean {
  return one.subject === subject && one.at === at
}
