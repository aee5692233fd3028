/** Launchers of users may be plain JavaScript: what is missing in one is told where it is, and by its name. */
import { ConfigurationError } from '../../core/errors.ts'
import type { EngineHandle, EngineSeat, Launcher, LaunchSession, LaunchSetting } from './launcher.ts'

/** @throws ConfigurationError naming what is missing */
export function checkLauncher(launcher: Launcher): Launcher {
  const given = membersOf(launcher)
  if (given === undefined) {
    throw new ConfigurationError(`launcher must be a name, or an object with name and open, not ${shown(launcher)}`)
  }
  const { name, open, listen } = given
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError(`the name of a launcher must be a text, not ${shown(name)}`)
  }
  if (typeof open !== 'function') throw wrong(name, `open must be a function, not ${shown(open)}`)
  const isList = Array.isArray(listen) && listen.every((address) => typeof address === 'string')
  if (listen !== undefined && !isList) throw wrong(name, `listen must be a list of addresses, not ${shown(listen)}`)
  return launcher
}

/**
 * Opens it. What the session answers is checked, and what must not reject does not.
 * @throws ConfigurationError naming the launcher and what is missing
 */
export async function openChecked(launcher: Launcher, setting: LaunchSetting): Promise<LaunchSession> {
  const { name } = launcher
  const session = await launcher.open(setting)
  const { launch, close } = membersOf(session) ?? {}
  if (typeof launch !== 'function' || typeof close !== 'function') {
    throw wrong(name, `open must answer an object with the functions launch and close, not ${shown(session)}`)
  }
  const quietly = async (what: string, act: () => Promise<void>) => {
    try {
      await act()
    } catch (error) {
      setting.log('warn', `launcher ${name}: ${what} must not reject, and did: ${words(error)}`)
    }
  }
  return {
    async launch(seats) {
      const handles = await session.launch(seats)
      const problem = problemOf(handles, seats)
      if (problem !== undefined) {
        // Whoever is told that none was started is left with none.
        if (Array.isArray(handles)) for (const handle of handles) void quietly('stop', async () => handle?.stop?.())
        throw wrong(name, problem)
      }
      return handles.map((handle) => ({
        launch: handle.launch,
        get place() {
          return handle.place
        },
        began: handle.began,
        ended: Promise.resolve(handle.ended).catch((error: unknown) =>
          wrong(name, `ended of a handle must not reject, and did: ${words(error)}`),
        ),
        signal: (signal) => handle.signal(signal),
        stop: () => quietly('stop of a handle', () => handle.stop()),
      }))
    },
    close: () => quietly('close', () => session.close()),
  }
}

function problemOf(handles: readonly EngineHandle[], seats: readonly EngineSeat[]): string | undefined {
  if (!Array.isArray(handles)) return `launch must answer a list with a handle for each seat, not ${shown(handles)}`
  if (handles.length !== seats.length) {
    return `launch must answer a handle for each seat: ${seats.length}, not ${handles.length}`
  }
  for (const [i, { launch }] of seats.entries()) {
    const handle = membersOf(handles[i])
    if (handle === undefined) return `each answer of launch must be a handle, not ${shown(handles[i])}`
    if (handle.launch !== launch)
      return `launch of a handle must be that of its seat, ${launch}, not ${shown(handle.launch)}`
    if (membersOf(handle.place) === undefined) return `place of a handle must be an object, not ${shown(handle.place)}`
    for (const member of ['began', 'ended']) {
      const isPromise = typeof membersOf(handle[member])?.then === 'function'
      if (!isPromise) return `${member} of a handle must be a promise, not ${shown(handle[member])}`
    }
    for (const member of ['signal', 'stop']) {
      const value = handle[member]
      if (typeof value !== 'function') return `${member} of a handle must be a function, not ${shown(value)}`
    }
  }
  return undefined
}

/** Undefined where it is no object. */
function membersOf(given: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : undefined
}

function wrong(name: string, what: string): ConfigurationError {
  return new ConfigurationError(`launcher ${name}: ${what}`, { details: { launcher: name } })
}

/** Short, whatever it is: what something is, not what it holds. */
function shown(given: unknown): string {
  if (given === undefined || given === null) return String(given)
  if (Array.isArray(given)) return 'a list'
  if (typeof given === 'object') return `an object with ${Object.keys(given).join(', ') || 'nothing'}`
  return typeof given === 'function' ? 'a function' : JSON.stringify(given)
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
