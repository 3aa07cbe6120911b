/** @xmpp/component publishes no types. This is as much of it as a program needs: copy it into your project. */
declare module '@xmpp/component' {
  import type { XmppEntity } from 'xmpp-roster'

  type Element = Parameters<XmppEntity['send']>[0]

  export interface Component extends XmppEntity {
    start(): Promise<unknown>
    stop(): Promise<unknown>
  }
  export function component(options: { service: string; domain: string; password: string }): Component
  export function xml(name: string, attrs?: object, ...children: (Element | string)[]): Element
}
