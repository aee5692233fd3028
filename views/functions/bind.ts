import { CaptureError } from '../../core/errors.ts'
import { type Callable, isCallable, nameOf, textOf } from './callable.ts'
import { functionShape } from './function-shape.ts'

interface Bound {
  readonly target: Callable
  readonly values: Readonly<Record<string, unknown>>
}

const boundFunctions = new WeakMap<Callable, Bound>()

/**
 * The function, with values for names that it uses and does not declare. They travel instead of what it would capture by
 * these names; where no code declares a name, a bundler leaves it alone:
 *
 *     declare const rate: number
 *     lview.map(bind({ rate }, (x: number) => x * rate), xs)
 *
 * Only on engines: called here, it is the function as it stands.
 * @throws CaptureError naming what the function does not use, or assigns to
 */
export function bind<Fn extends Callable>(values: Readonly<Record<string, unknown>>, fn: Fn): Fn {
  if (!isCallable(fn)) throw new CaptureError(`bind() takes values by name, and then a function, not ${typeof fn}.`)
  const before = boundFunctions.get(fn)
  const target = before?.target ?? fn
  const free = functionShape(textOf(target))?.free
  const shown = nameOf(target) ? `the function '${nameOf(target)}'` : 'the function'
  for (const name of Object.keys(values)) {
    const use = free?.get(name)
    if (use?.writes)
      throw refused(
        name,
        `${shown} assigns to. Declare it inside the function, and give its first value by another name.`,
      )
    if (free && !use) {
      const used = [...free.keys()].map((other) => `'${other}'`).join(', ') || 'none'
      throw refused(
        name,
        `${shown} does not use. As it runs, it uses these names from around it: ${used}. Compilers rename what is declared or imported; 'declare const ${name}: …' they leave alone.`,
      )
    }
  }
  const bound = new Proxy(fn, {})
  boundFunctions.set(bound, { target, values: { ...before?.values, ...values } })
  return bound
}

export function boundOf(fn: Callable): Bound | undefined {
  return boundFunctions.get(fn)
}

function refused(name: string, why: string): CaptureError {
  return new CaptureError(`bind() is given '${name}', which ${why}`, { details: { identifier: name } })
}
