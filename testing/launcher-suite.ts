/**
 * What every launcher must do. For one of your own:
 *
 *   launcherSuite({ name: 'mine', runner: { describe, test }, setup: () => ({ launcher: mine(), broken: { launcher: mine({ image: 'none' }), words: /none/ } }) })
 *
 * Each case has a real controller, and engines that run tasks.
 */
import assert from 'node:assert/strict'
import { bringUp, type LaunchedWorld, type LauncherUnderTest, until } from './launcher-world.ts'
import type { SuiteRunner } from './transport-suite.ts'

export type { LauncherUnderTest } from './launcher-world.ts'

const cases = {
  'starts as many as it is told, each with its name, its launch and where it runs, and shows the key to nobody': async (
    world: LaunchedWorld,
  ) => {
    const handles = await world.launch(3)
    const engines = await world.joined(handles)
    assert.deepEqual(
      engines.map(({ name }) => name),
      handles.map(({ launch }) => world.nameOf(launch)),
    )
    for (const [i, handle] of handles.entries()) {
      const place = await handle.began
      assert.deepEqual(place, handle.place)
      assert.ok(place.host, `a handle does not say at which host its engine runs: ${JSON.stringify(place)}`)
      assert.ok(place.pid !== undefined || place.job !== undefined, 'a handle says neither a process nor a job')
      const { kind, host, pid, job } = engines[i] as (typeof engines)[number]
      assert.equal(kind, world.launcher.name)
      // What both know they agree on.
      assert.deepEqual({ host, job, pid: place.pid ?? pid }, { host: place.host, job: place.job, pid })
    }
    assert.equal(await world.compute(20), 20)
    assert.doesNotMatch(await world.commandLines(), world.keyText)
    assert.doesNotMatch(world.logged.join('\n'), world.keyText)
  },
  'starts more beside those that run': async (world: LaunchedWorld) => {
    const first = await world.launch(1)
    const second = await world.launch(1)
    assert.equal(new Set([...first, ...second].map(({ launch }) => launch)).size, 2)
    await world.joined([...first, ...second])
  },
  'tells that one was killed, and how; the others go on': async (world: LaunchedWorld) => {
    const handles = await world.launch(2)
    await world.joined(handles)
    const [killed, other] = handles as [(typeof handles)[0], (typeof handles)[0]]
    await killed.signal('SIGKILL')
    const reason = await killed.ended
    assert.ok(reason instanceof Error, 'an engine that was killed has ended in order, by its handle')
    assert.match(String((reason as { code?: unknown }).code), /^YM_/)
    assert.ok(reason.message.length > 10, `this does not say how it ended: ${reason.message}`)
    await world.left([killed])
    assert.equal(await world.compute(4), 4)
    assert.equal(await Promise.race([other.ended, world.soon('runs')]), 'runs')
    // To one that has ended nothing happens.
    await killed.signal('SIGKILL')
    await killed.stop()
  },
  'has an engine leave at a SIGTERM, and tells that nobody asked for it': async (world: LaunchedWorld) => {
    const [handle] = (await world.launch(1)) as [Awaited<ReturnType<typeof world.launch>>[number]]
    await world.joined([handle])
    await handle.signal('SIGTERM')
    assert.ok((await handle.ended) instanceof Error, 'the cluster would take this for an engine that was let go')
    await world.left([handle])
  },
  'stops one when asked, and nothing of it is left': async (world: LaunchedWorld) => {
    const handles = await world.launch(2)
    await world.joined(handles)
    const places = await Promise.all(handles.map(({ began }) => began))
    await Promise.all(handles.map((handle) => handle.stop()))
    assert.deepEqual(await Promise.all(handles.map(({ ended }) => ended)), [undefined, undefined])
    await world.left(handles)
    for (const place of places)
      await until(async () => !(await world.isThere(place)), 'what was stopped is still there')
  },
  'stops one that has only just been started': async (world: LaunchedWorld) => {
    const handles = await world.launch(1)
    await Promise.all(handles.map((handle) => handle.stop()))
    for (const { ended } of handles) await ended
    await world.left(handles)
  },
  'tells as an end in order that its controller has let one go': async (world: LaunchedWorld) => {
    const handles = await world.launch(1)
    const engines = await world.joined(handles)
    world.controller.drainEngines([engines[0]?.id ?? -1])
    assert.equal(await handles[0]?.ended, undefined)
  },
  'tells of an engine that does not reach its controller, and why': async (world: LaunchedWorld) => {
    const [handle] = await world.launchAt(1, world.nobodyThere)
    const reason = await handle?.ended
    assert.ok(reason instanceof Error, 'an engine that reached nobody has ended in order, by its handle')
    assert.match(String((reason as { code?: unknown }).code), /^YM_/)
    assert.match(reason.message, /127\.0\.0\.1|refused|reach/i)
  },
  "says in the system's own words why none starts": async (world: LaunchedWorld) => {
    assert.ok(world.broken, 'setup gives no broken launcher')
    const { launcher, words } = world.broken
    const reason = await world.failure(launcher)
    assert.match(String((reason as { code?: unknown }).code), /^YM_/)
    assert.match(reason.message, words)
    assert.doesNotMatch(reason.message, world.keyText)
  },
}

/** The cases of the suite, by title. */
export type LauncherCase = keyof typeof cases

/** The launcher to test, and with what. */
export interface LauncherSuiteOptions {
  readonly name: string
  readonly runner: SuiteRunner
  /** Called for each case. */
  setup(): LauncherUnderTest | Promise<LauncherUnderTest>
  /** The manifest: cases that this launcher cannot meet, each with the reason. */
  readonly exceptions?: Partial<Record<LauncherCase, string>>
}

/** Declares a test for each rule that every launcher has to keep. */
export function launcherSuite({ name, runner, setup, exceptions = {} }: LauncherSuiteOptions): void {
  runner.describe(`launcher ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      const reason = exceptions[title as LauncherCase]
      const body = async () => {
        const world = await bringUp(await setup())
        try {
          await run(world)
        } finally {
          await world.end()
        }
      }
      // Left out for the reason that the manifest gives, which is shown.
      if (reason !== undefined) runner.test.skip(`${title} (${reason})`, body)
      else runner.test(title, body)
    }
  })
}
