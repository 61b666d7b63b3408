/**
 * Whether the control tables have to be there. `required`: without them no step is safe, so the process does not start.
 * `optional`: for tests and previews, whose schema may have been pushed; the catalog decides.
 */
export type ControlPolicy = 'required' | 'optional'
