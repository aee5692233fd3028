import type { ClientWelcome } from '../core/admission-messages.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { LoadLimits } from '../scheduler/quota.ts'

/** How much a controller holds for its clients. */
export interface ControllerLimits extends LoadLimits {
  /**
   * What waits for a client that takes it slowly, or not at all. Up to half of it, results wait with their bytes; further ones stay where the
   * retention leaves them, and values that tasks `emit` are left out. When all of it is used, nothing is added until the client has taken what
   * there is; then it is to ask again for what it awaits.
   */
  readonly unsentBytesMax: number
  /** How many engines a client may ask for: a number that went wrong on its way would fill the machine with processes. */
  readonly enginesMax: number
}

const defaults: ControllerLimits = {
  clientTasksMax: 1_000_000,
  clientBytesMax: 2 * 2 ** 30,
  queuedBytesMax: 4 * 2 ** 30,
  unsentBytesMax: 512 * 2 ** 20,
  enginesMax: 1_000,
}

/** @throws ConfigurationError naming the limit that is wrong */
export function limitsOf(given: Partial<ControllerLimits> = {}): ControllerLimits {
  const limits = { ...defaults, ...given }
  for (const [name, limit] of Object.entries(limits)) {
    if (!(name in defaults))
      throw new ConfigurationError(`there is no limits.${name}; there are ${Object.keys(defaults).join(', ')}`)
    if (!(limit >= 1)) throw new ConfigurationError(`limits.${name} must be a number from 1 on, not ${limit}`)
  }
  return limits
}

/** What a client is told of them. */
export function limitsToTell({ clientTasksMax, clientBytesMax }: LoadLimits): Pick<ClientWelcome, 'limits'> {
  const tasksMax = Number.isFinite(clientTasksMax) ? { tasksMax: Math.floor(clientTasksMax) } : {}
  const bytesMax = Number.isFinite(clientBytesMax) ? { bytesMax: Math.floor(clientBytesMax) } : {}
  return { limits: { ...tasksMax, ...bytesMax } }
}
