import type { Observable } from 'rxjs'
import { expectTypeOf, test } from 'vitest'
import {
  type Adapting,
  type AsyncResult,
  Client,
  Cluster,
  type EngineId,
  type EngineInfo,
  type Launcher,
  MemoryStore,
  openLmdbStore,
  RemoteError,
  type SshAddress,
  type StoreChange,
  type TaskInfo,
  type TaskStore,
} from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { type EngineView, type Strategy, strategy } from 'yardmaster/scheduler'
import { type Connection, registerTransport, type Transport } from 'yardmaster/transports'

declare const client: Client

test('a cluster, and its clients', async () => {
  const cluster = await Cluster.start({ engines: 2, engineKind: 'process', transport: 'zeromq', hwm: 'auto' })
  expectTypeOf(cluster).toEqualTypeOf<Cluster>()
  expectTypeOf(cluster.addresses).toEqualTypeOf<readonly string[]>()
  expectTypeOf(cluster.engines).toEqualTypeOf<readonly EngineInfo[]>()
  expectTypeOf(await cluster.connect()).toEqualTypeOf<Client>()
  expectTypeOf(await Client.connect({ cluster: 'default' })).toEqualTypeOf<Client>()
  expectTypeOf(await Client.connect('ws://127.0.0.1:1', { key: 'k' })).toEqualTypeOf<Client>()
  expectTypeOf(await Client.connect({ ssh: 'me@host' })).toEqualTypeOf<Client>()
  const sshOptions = ['-p', '2222'] as const
  void Client.connect({ ssh: 'host', cluster: 'nightly', sshOptions }, { connectTimeoutMs: 1_000 })
  void Client.connect({ ssh: 'host', file: 'clusters/nightly.json' } satisfies SshAddress)
  // @ts-expect-error options are a list: a shell would split a text
  void Client.connect({ ssh: 'host', sshOptions: '-p 2222' })
  // @ts-expect-error no such option
  void Client.connect({ ssh: 'host', port: 22 })
  // An address of one's own transport.
  void Cluster.start({ transport: 'mine://here' })
  void Cluster.start({ launcher: 'process', nodeOptions: ['--max-old-space-size=512'], waitForEngines: 1 })
  void Cluster.start({ launcher: 'ssh', hosts: ['a', { ssh: 'b', engines: 2 }], engines: 4 })
  const session = { launch: async () => [], close: async () => {} }
  void Cluster.start({ launcher: { name: 'mine', open: async () => session } satisfies Launcher })
  await cluster.scale(2)
  expectTypeOf(cluster.adapt({ min: 0, max: 4 })).toEqualTypeOf<Adapting>()
  // @ts-expect-error ssh needs its hosts
  void Cluster.start({ launcher: 'ssh', engines: 4 })
  // @ts-expect-error an option of another launcher
  void Cluster.start({ launcher: 'process', hosts: ['a'] })
  // @ts-expect-error no such launcher
  void Cluster.start({ launcher: 'slrum' })
  // @ts-expect-error there is no most
  void cluster.adapt({ min: 0 })
  // @ts-expect-error no such kind of engine
  void Cluster.start({ engineKind: 'fibre' })
  // @ts-expect-error no such option
  void Cluster.start({ workers: 4 })
  // @ts-expect-error a mark is a number or 'auto'
  void Cluster.start({ hwm: 'many' })
})

test('what a client tells and does', async () => {
  expectTypeOf(client.ids).toEqualTypeOf<EngineId[]>()
  expectTypeOf(client.engines$).toExtend<Observable<unknown>>()
  expectTypeOf(await client.query({ state: ['waiting', 'ready'], label: 'fit' })).toEqualTypeOf<TaskInfo[]>()
  expectTypeOf(client.resubmit<number>('a.1')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(await client.flush()).toEqualTypeOf<void>()
  expectTypeOf(await client.purge(['a.1'])).toEqualTypeOf<number>()
  expectTypeOf(await client.wait()).toEqualTypeOf<boolean>()
  // @ts-expect-error no such state
  void client.query({ state: 'sleeping' })
  // @ts-expect-error a strategy of one's own is for the controller's own thread
  void client.setStrategy(() => undefined)
})

test('inside a task', () => {
  const task = currentTask()
  expectTypeOf(task.signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(task.attempt).toEqualTypeOf<number>()
  expectTypeOf(task.progress).parameter(0).toEqualTypeOf<number>()
  // @ts-expect-error a number of things that are done
  task.progress('half')
})

test('stores', async () => {
  expectTypeOf(await openLmdbStore('folder', { durability: 'disk' })).toEqualTypeOf<TaskStore>()
  expectTypeOf(new MemoryStore()).toExtend<TaskStore>()
  expectTypeOf<Parameters<TaskStore['write']>[0]>().toEqualTypeOf<readonly StoreChange[]>()
  // @ts-expect-error no such level
  void openLmdbStore('folder', { durability: 'paper' })
})

test('strategies and transports of one’s own', () => {
  const mine = strategy('mine', (task, engines) => {
    expectTypeOf(task.priority).toEqualTypeOf<number>()
    const chosen = engines.leastLoaded()
    expectTypeOf(chosen).toEqualTypeOf<EngineView>()
    return chosen
  })
  expectTypeOf(mine).toEqualTypeOf<Strategy>()
  void Cluster.start({ strategy: mine })
  void Cluster.start({ strategy: (_task, engines) => engines.leastLoaded() })
  // @ts-expect-error it must choose an engine
  strategy('none', () => undefined)
  // @ts-expect-error a name is no strategy
  strategy('named', 'lru')
  const listening: Transport['listen'] = (_address, onConnection) => {
    expectTypeOf(onConnection).parameter(0).toEqualTypeOf<Connection>()
    throw new Error('not here')
  }
  // @ts-expect-error it lacks what connects
  registerTransport({ scheme: 'half', listen: listening })
})

test('errors', () => {
  const error: unknown = undefined
  if (!(error instanceof RemoteError)) return
  expectTypeOf(error.code).toEqualTypeOf<'YM_REMOTE'>()
  expectTypeOf(error.engineId).toEqualTypeOf<EngineId | undefined>()
  expectTypeOf(error.attempt).toEqualTypeOf<number>()
})
