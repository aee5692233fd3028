import type { Mutant } from './mutants.ts'

/** Of what counts against the limits. */
export const limitMutants: readonly Mutant[] = [
  {
    file: 'scheduler/finish.ts',
    from: '  state.quota.close(task)\n',
    to: '',
    invariant: 23,
    says: 'what has ended still counts against the limits',
  },
  {
    file: 'scheduler/quota.ts',
    from: 'if (tasks >= clientTasksMax)',
    to: 'if (tasks > clientTasksMax)',
    invariant: 6,
    says: 'a client may have one task too many',
  },
  {
    file: 'scheduler/quota.ts',
    from: " || !this.parts.remove(shared, 'live')) return",
    to: ") return\n    this.parts.remove(shared, 'live')",
    invariant: 23,
    says: 'a function counts no more when its first task has ended',
  },
  {
    file: 'scheduler/retention.ts',
    from: 'return bodyBytes + outputBytes',
    to: 'return outputBytes',
    invariant: 23,
    says: 'what tasks were called with is retained, and does not count',
  },
]
