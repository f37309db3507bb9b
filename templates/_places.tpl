{{%AUTOESCAPE context="HTML"}}
<section class="panel places" aria-labelledby="choose" data-live="/live/shows/{{show_id}}">
  <h2 id="choose">{{m_choose_places}}</h2>
  <p class="muted">{{m_places_text}}</p>
  <form method="post" action="/shows/{{show_id}}/holds" data-once>
    <input type="hidden" name="csrf" value="{{CSRF}}">
    <ul class="legend">
      {{#tiers}}<li>{{m_tier__tier}} <strong>{{#price_to}}{{m_price_range}}{{/price_to}}{{#no_price_to}}{{price}}{{/no_price_to}}</strong></li>{{/tiers}}
    </ul>
    <div class="field">
      <label for="quantity">{{m_quantity}}</label>
      <select class="form-control select" id="quantity" name="quantity">
        {{#quantities}}<option{{#is_chosen}} selected{{/is_chosen}}>{{quantity}}</option>{{/quantities}}
      </select>
    </div>
    <button class="btn btn-primary btn-lg" data-busy="{{m_holding}}">{{m_hold_places}}</button>
    <p class="small muted">{{m_hold_note}}</p>
  </form>
</section>
