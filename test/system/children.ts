import type { ChildProcess } from 'node:child_process'

const children = new Set<ChildProcess>()

/** A child process that does not outlive its test, however that ends, where the test has `afterEach(killChildren)`. */
export function watched<Child extends ChildProcess>(child: Child): Child {
  children.add(child.once('exit', () => children.delete(child)))
  return child
}

export function killChildren(): void {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
}
