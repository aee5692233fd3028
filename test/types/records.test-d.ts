import { expectTypeOf, test } from 'vitest'
import type { ErrorCode } from '../../core/errors.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import type { Client } from '../../views/client.ts'
import type { Cluster } from '../../views/cluster.ts'
import type { LoadBalancedView } from '../../views/load-balanced-view.ts'
import type { TaskInfo, TaskQuery } from '../../views/task-query.ts'

declare const client: Client
declare const cluster: Cluster
declare const view: LoadBalancedView

test('records of tasks', async () => {
  expectTypeOf(await client.history({ limit: 3 })).toEqualTypeOf<TaskId[]>()
  expectTypeOf(client.session).toEqualTypeOf<SessionId>()
  const records = await client.query({ state: ['failed', 'impossible'], client: 'any', endedAfter: new Date() })
  expectTypeOf(records).toEqualTypeOf<TaskInfo[]>()
  for (const record of records) {
    expectTypeOf(record.error).toEqualTypeOf<ErrorCode | undefined>()
    expectTypeOf(record.startedAt).toEqualTypeOf<number | undefined>()
    expectTypeOf(view.with(record.flags)).toExtend<LoadBalancedView<boolean>>()
  }
  expectTypeOf<TaskQuery['client']>().toEqualTypeOf<'mine' | 'any' | SessionId | undefined>()
  // @ts-expect-error a purged task has ended in one of the ways to end
  await client.query({ state: 'purged' })
  // @ts-expect-error there is no such field
  await client.query({ status: 'failed' })
})

test('a strategy by name, in the controller’s own thread by any form', async () => {
  expectTypeOf(client.setStrategy('lru')).toEqualTypeOf<Promise<void>>()
  expectTypeOf(cluster.setStrategy((_task, engines) => engines.leastLoaded())).toEqualTypeOf<void>()
  // @ts-expect-error a function cannot travel to the controller
  await client.setStrategy((_task, engines) => engines.leastLoaded())
})
