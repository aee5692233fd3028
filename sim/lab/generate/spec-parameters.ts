import { ConfigurationError } from '../../../core/errors.ts'
import { bimodal, type Distribution, deterministic, exponential, lognormal, pareto } from '../distributions.ts'

/** How distributions are written: a name, then numbers, which these take in this order. */
const distributions: Record<string, { readonly numbers: string; make(...numbers: number[]): Distribution }> = {
  deterministic: { numbers: 'MEAN', make: (mean = Number.NaN) => deterministic(mean) },
  exponential: { numbers: 'MEAN', make: (mean = Number.NaN) => exponential(mean) },
  pareto: {
    numbers: 'MEAN/SHAPE',
    make: (mean = Number.NaN, shape = Number.NaN) => pareto({ mean, shape }),
  },
  lognormal: {
    numbers: 'MEAN/SQUAREDVARIATION',
    make: (mean = Number.NaN, squaredVariation = Number.NaN) => lognormal({ mean, squaredVariation }),
  },
  bimodal: {
    numbers: 'SHORT/LONG/LONGSHARE',
    make: (short = Number.NaN, long = Number.NaN, longShare = Number.NaN) => bimodal({ short, long, longShare }),
  },
}

export const distributionForms = Object.entries(distributions).map(([name, { numbers }]) => `${name}:${numbers}`)

/**
 * The parameters of a generator, as they are written: `tasks=1000,durations=pareto:100/1.5`. Each is taken by name; what nobody takes
 * is unknown.
 */
export class SpecParameters {
  readonly #spec: string
  readonly #texts = new Map<string, string>()
  readonly #taken = new Set<string>()

  /** @param spec all of it, for messages */
  constructor(spec: string, text: string) {
    this.#spec = spec
    for (const part of text === '' ? [] : text.split(',')) {
      const mark = part.indexOf('=')
      if (mark < 1) throw this.fault(`'${part}' must be NAME=VALUE`)
      const name = part.slice(0, mark)
      if (this.#texts.has(name)) throw this.fault(`${name} is given twice`)
      this.#texts.set(name, part.slice(mark + 1))
    }
  }

  /** A number from `least` on. */
  number(name: string, options: { readonly byDefault?: number; readonly least?: number } = {}): number {
    const { byDefault, least = 0 } = options
    const text = this.#take(name, byDefault === undefined)
    if (text === undefined) return byDefault as number
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value
    throw this.fault(`${name} must be a number from ${least} on, not '${text}'`)
  }

  /** A whole number from `least` on. */
  count(name: string, options: { readonly byDefault?: number; readonly least?: number } = {}): number {
    const { byDefault, least = 1 } = options
    const text = this.#take(name, byDefault === undefined)
    if (text === undefined) return byDefault as number
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
    throw this.fault(`${name} must be a whole number from ${least} on, not '${text}'`)
  }

  /** `exponential:100`, `pareto:100/1.5`, … */
  distribution(name: string, options: { readonly byDefault?: Distribution } = {}): Distribution {
    const text = this.#take(name, options.byDefault === undefined)
    if (text === undefined) return options.byDefault as Distribution
    const mark = text.indexOf(':')
    const form = distributions[mark === -1 ? text : text.slice(0, mark)]
    const numbers = mark === -1 ? [] : text.slice(mark + 1).split('/')
    if (form === undefined || numbers.length !== form.numbers.split('/').length || numbers.some((one) => one === '')) {
      throw this.fault(`${name} must be one of ${distributionForms.join(', ')}, not '${text}'`)
    }
    try {
      return form.make(...numbers.map(Number))
    } catch (error) {
      if (error instanceof ConfigurationError) throw this.fault(`${name}: ${error.message}`)
      throw error
    }
  }

  /** Call it when all that there may be has been taken. */
  checkAllTaken(): void {
    const unknown = [...this.#texts.keys()].filter((name) => !this.#taken.has(name))
    if (unknown.length > 0) throw this.fault(`there is no parameter ${unknown.join(', ')}`)
  }

  fault(what: string): ConfigurationError {
    return new ConfigurationError(`workload '${this.#spec}': ${what}`, { details: { workload: this.#spec } })
  }

  #take(name: string, isNeeded: boolean): string | undefined {
    this.#taken.add(name)
    const text = this.#texts.get(name)
    if (text === undefined && isNeeded) throw this.fault(`${name} is missing`)
    return text
  }
}
