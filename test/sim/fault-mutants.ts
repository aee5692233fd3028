/** A defect in how faults are dealt with, which the simulation must find, or a named test. */
export interface FaultMutant {
  /** From the root. */
  readonly file: string
  /** Occurs there once. */
  readonly from: string
  readonly to: string
  /** What is wrong then. */
  readonly says: string
  /** The file of a test that finds it, where its moment is too short for drawn faults to meet it. */
  readonly test?: string
}

export const faultMutants: readonly FaultMutant[] = [
  {
    file: 'scheduler/engine-events.ts',
    from: '  for (const task of lost) {\n',
    to: '  for (const task of lost.slice(1)) {\n',
    says: 'a lost engine’s first task is forgotten',
  },
  {
    file: 'scheduler/outcomes.ts',
    from: 'losses >= state.engineLossLimit',
    to: 'losses >= 1_000_000',
    says: 'a task that kills engines is tried for ever',
  },
  {
    file: 'scheduler/restore.ts',
    from: 'if (sentTo !== noEngine && !task.retryOnEngineLoss && !state.engines.has(sentTo)) {',
    to: 'if (sentTo === -2) {',
    says: 'a task that must not run twice runs again after a restart',
  },
  {
    file: 'cluster/router.ts',
    from: 'if (now - peer.heard.since(now) > heartbeatMs && !stalled) {',
    to: 'if (now - peer.heard.since(now) > heartbeatMs * 1e6) {',
    says: 'a silent engine is never given up',
  },
  {
    file: 'cluster/router.ts',
    from: '    journal.accepted(effect.task)\n',
    to: '',
    says: 'a task leaves before it is stored',
  },
  {
    file: 'cluster/router.ts',
    from: '    this.#options.journal?.ended(task)\n',
    to: '',
    says: 'how a task ended is not stored',
  },
  {
    file: 'cluster/router.ts',
    from: 'if (peer.instance !== undefined) this.#later(() => this.#engine(peer.id)?.noted(message.results))',
    to: 'if (peer.instance !== undefined) this.#engine(peer.id)?.noted(message.results)',
    says: 'an engine forgets an end that is not stored yet',
  },
  {
    file: 'cluster/journal.ts',
    from: '    else this.#waiting.push(action)\n',
    to: '    else action()\n',
    says: 'ends are told before they are stored',
  },
  {
    file: 'cluster/journal.ts',
    from: 'if (order === undefined) return this.accepted(task)\n',
    to: 'if (order === undefined) return\n',
    says: 'a task that ends as it is submitted is told so before it is stored',
  },
  {
    file: 'cluster/controller-machine.ts',
    from: '      } else input.router.abandon()\n',
    to: "      } else await input.router.close('the controller was stopped')\n",
    says: 'a failing store dismisses everybody',
  },
  {
    file: 'cluster/recovery.ts',
    from: 'if (this.#silent.has(peer.id) || this.#mute.has(peer.id)) peer.link.abort()\n',
    to: 'if (this.#mute.has(peer.id)) peer.link.abort()\n',
    says: 'an engine that did not say what it holds gets tasks that it has',
    test: 'test/sim/found.test.ts',
  },
  {
    file: 'cluster/recovery.ts',
    from: 'if (this.#silent.has(peer.id) || this.#mute.has(peer.id)) peer.link.abort()\n',
    to: 'if (this.#silent.has(peer.id)) peer.link.abort()\n',
    says: 'an engine that left again counts as one that holds nothing',
    test: 'test/sim/found.test.ts',
  },
  {
    file: 'cluster/recovery.ts',
    from: '      held: held.get(spec.id),\n',
    to: '      held: undefined,\n',
    says: 'after a restart nobody knows what runs',
  },
  {
    file: 'cluster/recovery.ts',
    from: '    this.#events.push(event)\n',
    to: '',
    says: 'what happens during a recovery is lost',
  },
  {
    file: 'cluster/attempt-table.ts',
    from: '    this.#tellEnds(ended)\n',
    to: '',
    says: 'an engine that comes back does not tell the ends that it keeps',
  },
  {
    file: 'cluster/attempt-table.ts',
    from: '    if (this.#options.keeps) for (const end of results) this.#keep(end)\n',
    to: '',
    says: 'an engine keeps no ends',
  },
  {
    file: 'cluster/engine-machine.ts',
    from: 'isSilent: ({ context }) => (context.pulse?.silentBeats ?? 0) >= silentBeatsMax,',
    to: 'isSilent: () => false,',
    says: 'an engine waits for ever for a controller that is gone',
  },
  {
    file: 'views/client-machine.ts',
    from: 'isSilent: ({ context }) => silentBeatsOf(context) >= silentBeatsMax,',
    to: 'isSilent: () => false,',
    says: 'a client waits for ever for a controller that is gone',
  },
  {
    file: 'views/session.ts',
    from: '      if (task.submission && !mustNotRepeat) this.#outbox.add(task)\n',
    to: '',
    says: 'a client that comes back submits nothing again',
  },
  {
    file: 'views/session.ts',
    from: 'const mustNotRepeat = task.wasSent && task.submission?.retryOnEngineLoss === false',
    to: 'const mustNotRepeat = false',
    says: 'a client that comes back submits again what must not run twice',
  },
  {
    file: 'views/session.ts',
    from: '    this.#askToWatch(watched)\n',
    to: '',
    says: 'a client that comes back does not ask how its tasks ended',
  },
  {
    file: 'views/session.ts',
    from: '  return task.wasSent && task.submission?.direct === true\n',
    to: '  return task.wasSent && task.submission === undefined\n',
    says: 'direct tasks are sent to the engines of another controller',
  },
  {
    file: 'cluster/journal.ts',
    from: 'const rest = this.#hasFailed ? [] : this.#waiting\n',
    to: 'const rest = this.#waiting\n',
    says: 'what waits for a write that failed is done all the same',
    test: 'test/cluster/journal.test.ts',
  },
  {
    file: 'cluster/controller.ts',
    from: 'await journal?.numbered(engine)\n',
    to: 'void journal?.numbered(engine)\n',
    says: 'an engine’s number is given before it is stored',
    test: 'test/sim/found.test.ts',
  },
  {
    file: 'cluster/recovery.ts',
    from: 'if (attempt > (held.get(id)?.attempt ?? 0)) held',
    to: 'if (attempt > 0) held',
    says: 'of a task at several engines the one that speaks last has it',
    test: 'test/cluster/recovery.test.ts',
  },
  {
    file: 'cluster/audience.ts',
    from: 'return this.#clients.get(peer.session) === peer && this.#clients.delete(peer.session)\n',
    to: 'return this.#clients.delete(peer.session)\n',
    says: 'the end of a client’s earlier link counts as that of its later one',
    test: 'test/cluster/audience.test.ts',
  },
  {
    file: 'cluster/attempt-table.ts',
    from: '      else knownAt = Math.min(knownAt, calledAt + runTimeoutMs)\n',
    to: '',
    says: 'an engine sleeps past the time limit of a task',
  },
  {
    file: 'cluster/attempt-table.ts',
    from: '      if (attempt.forceAt !== undefined) knownAt = Math.min(knownAt, attempt.forceAt)\n',
    to: '',
    says: 'an engine sleeps past the grace period of an aborted task',
    test: 'test/cluster/attempt-table.test.ts',
  },
  {
    file: 'cluster/attempt-table.ts',
    from: 'if (attempt.calledAt !== undefined || Number.isNaN(wallTime)) return attempt.calledAt\n',
    to: 'if (Number.isNaN(wallTime)) return attempt.calledAt\n',
    says: 'a jump of the wall clock moves time limits',
    test: 'test/cluster/attempt-table.test.ts',
  },
  {
    file: 'views/client-machine.ts',
    from: "closed: { type: 'final', entry: ['dropLink', 'endSession'] },",
    to: "closed: { type: 'final', entry: ['dropLink'] },",
    says: 'a client that gives up leaves what it awaited pending',
  },
]
