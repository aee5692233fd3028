/**
 * Those of the options that have a value and are not known: in plain JavaScript nobody else sees that one is misspelt, or given in
 * the wrong place.
 */
export function unknownOptions(options: object, known: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined || Object.hasOwn(known, name) ? [] : [name],
  )
}
