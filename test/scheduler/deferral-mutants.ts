import type { Mutant } from './mutants.ts'

/** Of tasks that the strategy lets wait. */
export const deferralMutants: readonly Mutant[] = [
  {
    file: 'scheduler/dispatch.ts',
    from: '  if (ready.isChanged) ready.reopen()\n',
    to: '',
    invariant: 16,
    says: 'what the strategy let wait is never asked about again',
  },
  {
    file: 'scheduler/ready-queue.ts',
    from: '      for (const group of this.heldBack) this.soil(group)\n',
    to: '',
    invariant: 16,
    says: 'what was held back is not looked at when something changes',
  },
]
