import { expect, it } from 'vitest'
import { Recovery } from '../../cluster/recovery.ts'
import { readSaved } from '../../cluster/stored-tasks.ts'
import { systemClock } from '../../core/clock.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import type { RestoredTask } from '../../scheduler/restore.ts'

const client = 's'.repeat(21) as SessionId
const id = `${client}.0` as TaskId

/** What the router is told of a task after engines have said, in this order, that they hold these attempts of it. */
function heldAfter(...attempts: readonly number[]): RestoredTask['held'] {
  const engines = new Map(attempts.map((_, engine) => [`instance ${engine}`, engine]))
  const tasks = [{ spec: { id, client, body: undefined }, submittedAt: 0 }]
  const recovery = new Recovery<never>({ ...readSaved([]), tasks, engines }, systemClock, 1)
  for (const [engine, attempt] of attempts.entries()) {
    expect(recovery.returns(`instance ${engine}`)).toBe(engine)
    recovery.holds(engine, [{ id, attempt }])
  }
  let restored: readonly RestoredTask[] = []
  recovery.finish({
    engineJoined: () => {},
    engineGone: () => {},
    restore: (found) => {
      restored = found
    },
  })
  return restored[0]?.held
}

it('of a task that several engines hold, the one with the last attempt has it, whoever speaks last', () => {
  expect(heldAfter(2, 1)).toEqual({ engine: 0, attempt: 2 })
  expect(heldAfter(1, 2)).toEqual({ engine: 1, attempt: 2 })
  expect(heldAfter(1, 3, 2)).toEqual({ engine: 1, attempt: 3 })
})
