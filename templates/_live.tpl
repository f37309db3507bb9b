{{%AUTOESCAPE context="HTML"}}
<p class="live-state" role="status" data-live-state data-lost="{{m_live_lost}}"></p>
<p class="live-notice" role="status" data-live-notice data-moved="{{m_live_moved}}" data-cancelled="{{m_live_cancelled}}" data-changed="{{m_live_changed}}" data-reload="{{m_live_reload}}"></p>
