import type { Mutant } from './mutants.ts'

/** Those that concern direct tasks. */
export const directMutants: readonly Mutant[] = [
  {
    file: 'scheduler/engines.ts',
    from: '  if (!task.direct) reduceLoad(state, engine, task.cores)\n',
    to: '  reduceLoad(state, engine, task.cores)\n',
    invariant: 4,
    says: 'the end of a direct task reduces the load',
  },
  {
    file: 'scheduler/engines.ts',
    from: '  if (task.direct) return\n',
    to: '',
    invariant: 4,
    says: 'an aborted direct task is load until its engine answers',
  },
  {
    file: 'scheduler/direct.ts',
    from: 'const engine = state.engines.get(target)',
    to: 'const engine = state.engines.get(target) ?? [...state.engines.values()][0]',
    invariant: 13,
    says: 'a direct task whose engine is not there goes to another',
  },
  {
    file: 'scheduler/direct.ts',
    from: "if (engine === undefined || engine.stage === 'released') {",
    to: 'if (!engine?.available) {',
    invariant: 25,
    says: 'a direct task for a busy engine fails',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: 'of engine.direct.sort((a, b) => a.sequence - b.sequence)',
    to: 'of []',
    invariant: 25,
    says: 'the direct tasks of a lost engine are forgotten',
  },
  {
    file: 'scheduler/outcomes.ts',
    from: '  else if (task.direct) finishDirect(state, task)\n',
    to: '',
    invariant: 25,
    says: 'a direct task that came back waits for an engine like any other',
  },
  {
    file: 'scheduler/outcomes.ts',
    from: 'else if (task.direct) {',
    to: 'else if (task.direct && task.losses > 1) {',
    invariant: 25,
    says: 'a direct task outlives the executor that it was for',
  },
  {
    file: 'scheduler/records.ts',
    from: '    direct,\n',
    to: '',
    invariant: 22,
    says: 'a direct task is resubmitted as one for any strategy',
  },
  {
    file: 'scheduler/attempts.ts',
    from: '      if (!task.direct) {\n        ran = true',
    to: '      {\n        ran = true',
    invariant: 26,
    says: 'the durations of direct tasks set the mark',
  },
  {
    file: 'scheduler/attempts.ts',
    from: '    if (!task.direct) state.strategy.finished',
    to: '    state.strategy.finished',
    invariant: 26,
    says: 'strategies are told how direct tasks end',
  },
]
