const slotKey = Symbol.for('yardmaster.task')

interface Slot {
  running: object | undefined
}

/** Which task runs. A module that tasks load may bring this package with it: all its copies in this thread share the slot. */
export const slot: Slot = Reflect.get(globalThis, slotKey) ?? newSlot()

function newSlot(): Slot {
  const made: Slot = { running: undefined }
  Object.defineProperty(globalThis, slotKey, { value: made })
  return made
}

/** Browsers follow no asynchronous context: here tasks run one at a time. */
export function newTaskStorage(): undefined {
  return undefined
}
