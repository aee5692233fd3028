import type { Mutant } from './mutants.ts'

/** Those that concern engines which come, are lost, or are to leave. */
export const engineMutants: readonly Mutant[] = [
  {
    file: 'scheduler/draining.ts',
    from: 'if (isOccupied(engine) || isNeeded(state, engine)) continue',
    to: 'if (isNeeded(state, engine)) continue',
    invariant: 28,
    says: 'an engine is let go while something runs there',
  },
  {
    file: 'scheduler/draining.ts',
    from: 'if (isOccupied(engine) || isNeeded(state, engine)) continue',
    to: 'if (isOccupied(engine)) continue',
    invariant: 28,
    says: 'an engine is let go, and what only it could take is lost',
  },
  {
    file: 'scheduler/draining.ts',
    from: "    engine.stage = 'released'\n",
    to: '',
    invariant: 28,
    says: 'an engine that was let go is not known to be',
  },
  {
    file: 'scheduler/draining.ts',
    from: '      assign(state, task, engine)\n',
    to: '      break\n',
    invariant: 28,
    says: 'what only a draining engine could take waits for ever',
  },
  {
    file: 'scheduler/draining.ts',
    from: 'if (!group.engines.some((id) => stays(state, id))) groups.push(group)',
    to: 'groups.push(group)',
    invariant: 28,
    says: 'a draining engine takes what others could',
  },
  {
    file: 'scheduler/engines.ts',
    from: "engine.load < engine.mark && engine.stage === 'serving'",
    to: 'engine.load < engine.mark',
    invariant: 28,
    says: 'a draining engine is on offer',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '  if (event.engine < state.nextEngine) return\n',
    to: '',
    invariant: 5,
    says: 'an engine that joins twice is taken for another',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '  for (const task of [...(state.witnesses.get(engine.id) ?? [])]) reconsider(state, task)\n',
    to: '',
    invariant: 9,
    says: 'a waiting task is not told that the engine it was to follow is gone',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '  endRefused(state)\n',
    to: '',
    invariant: 10,
    says: 'the leaving of the last engine that had not refused is not noticed',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '    if (group.engines.some((id) => state.engines.has(id))) continue\n',
    to: '    continue\n',
    invariant: 14,
    says: 'ready tasks are not told that their last target is gone',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '  for (const task of lost) {',
    to: '  for (const task of lost.slice(0, 1)) {',
    invariant: 21,
    says: 'of the tasks of a lost engine only the first is resolved',
  },
  {
    file: 'scheduler/engine-events.ts',
    from: '[...(state.witnesses.get(engine.id) ?? [])]) reconsider',
    to: "[...state.tasks].filter((one) => one.status === 'waiting')) reconsider",
    invariant: 24,
    says: 'every waiting task is looked at when any engine leaves',
  },
]
