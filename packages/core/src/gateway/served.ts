/** The services as requests find them: one object for each configuration, so that a new one takes effect in one step. */
import type { RequestView } from '../request/request-view.ts'
import { NOT_READY } from './fixed-refusals.ts'
import { createServiceChooser, type ServiceChooser, type ServiceSet } from './service-chooser.ts'

export interface Served<View extends RequestView> extends Pick<ServiceSet<View>, 'services' | 'unusable'> {
  readonly choose: ServiceChooser<View>
}

export function createServed<View extends RequestView>(set: ServiceSet<View>): Served<View> {
  return { services: set.services, unusable: set.unusable, choose: createServiceChooser(set) }
}

/** Before the first configuration. */
export function notReady<View extends RequestView>(): Served<View> {
  return { services: [], unusable: [], choose: () => NOT_READY }
}
