import type { ThrownByTask } from '../../core/messages.ts'
import { encodeValue, type Payload } from '../../core/payload.ts'

/** What a task threw, described so that it survives even where the value itself cannot be cloned. */
function describeThrown(thrown: unknown): ThrownByTask {
  if (thrown instanceof Error) {
    return { name: thrown.name, message: thrown.message, stack: thrown.stack ?? '', thrown }
  }
  return { name: 'Thrown', message: String(thrown), stack: '', thrown }
}

export function encodeThrown(thrown: unknown): Payload {
  const described = describeThrown(thrown)
  try {
    return encodeValue(described)
  } catch {
    return encodeValue(withoutValue(described))
  }
}

/** As `describeThrown`, without the value where it cannot be cloned: for errors that stand among results. */
export function cloneableThrown(thrown: unknown): ThrownByTask {
  const described = describeThrown(thrown)
  try {
    encodeValue(described.thrown)
    return described
  } catch {
    return withoutValue(described)
  }
}

function withoutValue({ name, message, stack }: ThrownByTask): ThrownByTask {
  return { name, message, stack }
}
