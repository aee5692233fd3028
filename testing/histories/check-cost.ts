import type { EngineId, SessionId, TaskId } from '../../core/ids.ts'
import type { TaskSpec } from '../../scheduler/events.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import type { Attempt } from './accounts.ts'
import type { Command } from './commands.ts'
import type { History } from './history.ts'
import type { RunCheck } from './invariant-check.ts'
import { Player } from './play.ts'
import { Yard } from './yard.ts'

/**
 * No clock is needed: a history is played beside tasks that all hang on one busy engine, and each look into one of their
 * records is counted. There must be none.
 */
export const blockedTasksCostNothing: RunCheck<History> = {
  number: 24,
  sentence: 'the cost of an event does not depend on how many tasks are blocked',
  *examine({ config, engines, commands }) {
    // What is blocked would leave no room.
    const yard = new YardWithBusyEngine({ ...config, limits: {} })
    yard.join(1, 1)
    const blocked = blockedTasks()
    yard.submit({ id: busyId, client, targets: [busyEngine], body: undefined }, ...blocked)
    yard.told.length = 0
    const looks = blocked.map(({ id }) => countLooks(yard.state.tasks.get(id) as TaskRecord))
    yard.join(engines)
    const player = new Player(yard)
    for (const command of commands.flatMap(keepAway)) {
      player.play(command)
      const looked = looks.findIndex((count) => count() > 0)
      if (looked < 0) continue
      yield `blocked ${blocked[looked]?.id} was looked at by '${command.do}', after\n${yard.observer.story.slice(2).join('\n')}`
      return
    }
  },
}

const client = 'blocked' as SessionId
const busyEngine: EngineId = 0
const busyId = 'blocked.0' as TaskId

/** A new strategy is told of every task, and a task for the busy engine is put behind those that wait for it. */
function keepAway(command: Command): Command[] {
  if (command.do === 'swap') return []
  if (command.do !== 'submit') return [command]
  const tasks = command.tasks.map((task) => ({ ...task, targets: task.targets.map((engine) => engine + 1) }))
  return [{ ...command, tasks }]
}

/** Ready for the busy engine alone or for one that never comes, waiting for its task, and bound to follow it. */
function blockedTasks(): TaskSpec[] {
  const dependency = [{ ids: [busyId], all: true, success: true, failure: true }]
  const kinds: readonly Partial<TaskSpec>[] = [
    { targets: [busyEngine] },
    { targets: [busyEngine], priority: 1, queueTimeoutMs: 1e9 },
    { after: dependency },
    { after: dependency, targets: [busyEngine] },
    { follow: dependency },
  ]
  const tasks: TaskSpec[] = []
  for (let i = 1; i <= 40; i += 1) {
    const kind = kinds[i % (kinds.length + 1)] ?? { targets: [busyEngine, 1_000 + i] }
    tasks.push({ id: `blocked.${i}` as TaskId, client, body: undefined, ...kind })
  }
  return tasks
}

/** The first engine never answers, and nothing can happen to it. */
class YardWithBusyEngine extends Yard {
  constructor(config: History['config']) {
    super(config, [])
  }

  override outstanding(): Attempt[] {
    return super.outstanding().filter(({ engine }) => engine !== busyEngine)
  }

  override liveEngines(): EngineId[] {
    return super.liveEngines().filter((engine) => engine !== busyEngine)
  }
}

/** Makes every field of the record tell that it was read. */
function countLooks(record: TaskRecord): () => number {
  let looks = 0
  for (const [key, held] of Object.entries(record)) {
    let value: unknown = held
    Object.defineProperty(record, key, {
      get: () => {
        looks += 1
        return value
      },
      set: (next: unknown) => {
        value = next
      },
    })
  }
  return () => looks
}
