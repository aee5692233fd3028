import { addDirectFlags, type DirectFlags, type InPlaceOf, type OnlyDirect } from './direct-flags.ts'
import { EngineView } from './engine-view.ts'

/** Calls that go to each of its engines alike, as one message, and give a list with one entry for each of them. */
export class BroadcastView<Targets = 'all', InPlace extends boolean = false> extends EngineView<
  Targets extends number ? readonly [Targets] : Targets,
  InPlace
> {
  protected override get givesList(): boolean {
    return true
  }

  /**
   * A view with these flags added.
   * @throws ConfigurationError naming the flag that is wrong, or has no meaning here
   */
  with<const Flags extends DirectFlags>(flags: OnlyDirect<Flags>): BroadcastView<Targets, InPlaceOf<Flags, InPlace>> {
    return new BroadcastView(this.calls.with(addDirectFlags(this.calls.flags, flags)))
  }
}
