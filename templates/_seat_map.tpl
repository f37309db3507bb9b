{{%AUTOESCAPE context="HTML"}}
<form id="zoom"></form>
<form class="booking-form" method="post" action="/shows/{{show_id}}/holds" data-once>
  <input type="hidden" name="csrf" value="{{CSRF}}">
  <section class="hall" aria-labelledby="choose">
    <div class="hall-head">
      <h2 id="choose">{{m_choose_seats}}</h2>
      <div class="zoom" role="group" aria-label="{{m_zoom}}">
        <label><input type="radio" name="zoom" form="zoom" id="zoom-all">{{m_zoom_all}}</label>
        <label><input type="radio" name="zoom" form="zoom" id="zoom-normal" checked>{{m_zoom_normal}}</label>
        <label><input type="radio" name="zoom" form="zoom" id="zoom-large">{{m_zoom_large}}</label>
      </div>
    </div>
    <ul class="legend">
      {{#prices}}<li data-price="{{price_value}}" data-currency="{{currency}}" data-decimals="{{decimals}}" data-price-no="{{price_no}}" data-class="t{{price_class}}" data-tier="{{m_tier__tier}}"><span class="swatch t{{price_class}}" aria-hidden="true"></span>{{m_tier__tier}} <strong>{{price}}</strong></li>{{/prices}}
      <li><span class="swatch chosen" aria-hidden="true"></span>{{m_seat_chosen}}</li>
      <li><span class="swatch held" aria-hidden="true"></span>{{m_seat_held}}</li>
      <li><span class="swatch sold" aria-hidden="true"></span>{{m_seat_sold}}</li>
      {{#has_accessible}}<li><span class="swatch acc" aria-hidden="true"></span>{{m_seat_accessible}}</li>{{/has_accessible}}
    </ul>
    <div class="hall-scroll" tabindex="0" role="group" aria-labelledby="choose">
      <div class="seats n{{columns}}" data-states="/api/v1/shows/{{show_id}}/seats" data-live="/live/shows/{{show_id}}" data-max="{{max_seats}}" data-held="{{m_label_held}}" data-sold="{{m_label_sold}}" data-taken-now="{{m_taken_now}}" data-limit="{{m_limit_reached}}">
        <p class="screen"><span>{{m_screen__kind}}</span></p>
{{#rows}}<fieldset{{#aisle}} class="aisle"{{/aisle}}><legend><span class="visually-hidden">{{m_row}} </span>{{row}}</legend>{{#seats}}{{#gap}}<i class="n{{gap}}"></i>{{/gap}}<input type="checkbox" name="seats" value="{{seat}}" class="t{{price_class}}{{#accessible}} acc{{/accessible}}{{#is_held}} held{{/is_held}}{{#is_sold}} sold{{/is_sold}}"{{#price_no}} data-price-no="{{price_no}}"{{/price_no}} aria-label="{{m_seat}}{{m_comma}} {{m_tier__tier}}{{m_comma}} {{price}}{{#accessible}}{{m_label_accessible}}{{/accessible}}{{#is_held}}{{m_label_held}}{{/is_held}}{{#is_sold}}{{m_label_sold}}{{/is_sold}}"{{#is_taken}} disabled{{/is_taken}}{{#is_ticked}} checked{{/is_ticked}}>{{/seats}}</fieldset>
{{/rows}}
      </div>
    </div>
  </section>
  <section class="panel summary" aria-labelledby="summary">
    <h2 id="summary">{{m_your_choice}}</h2>
    <p class="muted" data-empty>{{m_choice_hint}}</p>
    <ul class="choice-list" data-chosen></ul>
    <p class="total" data-total hidden><span>{{m_total}}</span> <strong></strong></p>
    <p class="visually-hidden" role="status" data-said></p>
    <button class="btn btn-primary btn-lg" data-busy="{{m_holding}}">{{m_hold_seats}}</button>
    <p class="small muted">{{m_hold_note}}</p>
  </section>
</form>
<section class="panel best" aria-labelledby="best">
  <h2 id="best">{{m_best_available}}</h2>
  <p class="muted">{{m_best_text}}</p>
  <form class="best-form" method="post" action="/shows/{{show_id}}/holds" data-once>
    <input type="hidden" name="csrf" value="{{CSRF}}">
    <div class="field">
      <label for="quantity">{{m_quantity}}</label>
      <select class="form-control select" id="quantity" name="quantity">
        {{#quantities}}<option{{#is_chosen}} selected{{/is_chosen}}>{{quantity}}</option>{{/quantities}}
      </select>
    </div>
    <div class="field">
      <label for="tier">{{m_price_class}}</label>
      <select class="form-control select" id="tier" name="tier">
        <option value="">{{m_any_tier}}</option>
        {{#tiers}}<option value="{{tier}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_tier__tier}}, {{#price_to}}{{m_price_range}}{{/price_to}}{{#no_price_to}}{{price}}{{/no_price_to}}</option>{{/tiers}}
      </select>
    </div>
    <label class="check"><input type="checkbox" name="together" value="true"{{#together}} checked{{/together}}>{{m_together}}</label>
    <button class="btn btn-outline" data-busy="{{m_holding}}">{{m_find_seats}}</button>
  </form>
</section>
