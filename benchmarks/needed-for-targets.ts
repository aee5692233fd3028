import { isAt, type Place, placeOf } from './places.ts'
import type { Case, Measure } from './suite.ts'

/** The measure with the cases alone of which something is promised, and those that they are compared with. */
export function neededForTargets(measure: Measure): Measure {
  const needed = new Set(measure.cases.filter(({ targets = [] }) => targets.length > 0))
  // It grows as it is read: what a reference leads to may have one of its own.
  for (const one of needed) {
    for (const place of referencesOf(one)) {
      const other = measure.cases.find((candidate) => isAt(candidate, placeOf(one, place)))
      if (other) needed.add(other)
    }
  }
  return { ...measure, cases: measure.cases.filter((one) => needed.has(one)) }
}

function referencesOf({ reference, targets = [] }: Case): Place[] {
  return [reference, ...targets.map(({ to }) => to)].filter((place) => place !== undefined)
}
