/** @xmpp/component publishes no types, and nobody else does. */
declare module '@xmpp/component' {
  export function component(options: { service: string; domain: string; password: string }): unknown
}
