import { ConfigurationError } from '../core/errors.ts'
import { addFlags, type CheckedFlags, type ViewFlags } from './view-flags.ts'

const names = ['runTimeout', 'label', 'signal', 'ordered', 'returnExceptions'] as const

/** The flags of views that name their engines: nothing is left to the scheduler's choice, nor tried elsewhere. */
export type DirectFlags = Pick<ViewFlags, (typeof names)[number]>

/** Other flags, which `const` type parameters would let pass, do not compile. */
export type OnlyDirect<Flags> = Flags & { readonly [Flag in Exclude<keyof Flags, keyof DirectFlags>]: never }

/** What the flags say of errors in place, else what held before. */
export type InPlaceOf<Flags, Before extends boolean> = Flags extends {
  readonly returnExceptions: infer Given extends boolean
}
  ? Given
  : Before

/** @throws ConfigurationError naming the flag that is wrong, or has no meaning here */
export function addDirectFlags(base: CheckedFlags, added: DirectFlags): CheckedFlags {
  for (const flag of Object.keys(added)) {
    if ((names as readonly string[]).includes(flag)) continue
    const shown = JSON.stringify(flag)
    const problem = `a view that names its engines has no flag ${shown}: it has ${names.join(', ')}`
    throw new ConfigurationError(`${problem}. Others are for client.loadBalancedView()`, { details: { flag } })
  }
  return addFlags(base, added)
}
