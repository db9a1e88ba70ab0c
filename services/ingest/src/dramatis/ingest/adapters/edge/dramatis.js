// dramatis: page views and product events. No cookie, and no storage before consent.
(function (w, d, n) {
  var me = d.currentScript, url = new URL('batch', me.src).href, key = me.getAttribute('data-key');
  var NAME = 'dramatis_id', early = (w.dramatis && w.dramatis.q) || [];
  var line = [], timer, user, id = random();
  var silent = n.globalPrivacyControl || n.doNotTrack == '1' || w.doNotTrack == '1';
  var asked = new URLSearchParams(w.location.search), marks = {};
  ['dramatis_campaign_id', 'dramatis_decision_id'].forEach(function (name) {
    if (asked.get(name)) marks[name] = asked.get(name);
  });
  function random() {
    return Array.from(w.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return (byte + 256).toString(16).slice(1);
    }).join('');
  }
  function store(act) {
    try { return act(w.localStorage); } catch (e) { /* the browser keeps nothing: so do we */ }
  }
  function send(leaving) {
    clearTimeout(timer);
    timer = 0;
    if (!line.length) return;
    var batch = line.splice(0, 50);
    var body = JSON.stringify({ writeKey: key, sentAt: new Date(), batch: batch, context: {
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone
    } });
    function again() {
      line = batch.concat(line).slice(0, 500);
      later(5000);
    }
    if (leaving && n.sendBeacon && n.sendBeacon(url, body)) return send(leaving);
    w.fetch(url, { method: 'POST', body: body, keepalive: body.length < 6e4, credentials: 'omit' })
      .then(function (r) { if (r.status == 429 || r.status > 499) again(); else if (line.length) later(0); }, again);
  }
  function later(milliseconds) {
    timer = timer || setTimeout(send, milliseconds);
  }
  function add(type, more) {
    if (silent || !key) return;
    more.type = type;
    more.messageId = random();
    more.timestamp = new Date();
    more.anonymousId = id;
    if (user) more.userId = user;
    more.context = { page: { path: w.location.pathname } };
    line.push(more);
    later(300);
  }
  var calls = {
    page: function (properties) { add('page', { properties: Object.assign({}, marks, properties) }); },
    track: function (name, properties) {
      add('track', { event: name, properties: Object.assign({}, marks, properties) });
    },
    identify: function (userId, traits) { user = userId; add('identify', { traits: traits || {} }); },
    consent: function (given) {
      store(function (kept) {
        if (!given || silent) return kept.removeItem(NAME);
        id = kept.getItem(NAME) || id;
        kept.setItem(NAME, id);
      });
    }
  };
  w.dramatis = function (name) {
    if (calls[name]) calls[name].apply(null, [].slice.call(arguments, 1));
  };
  d.addEventListener('visibilitychange', function () { if (d.visibilityState == 'hidden') send(true); });
  w.addEventListener('pagehide', function () { send(true); });
  early.forEach(function (each) { w.dramatis.apply(null, each); });
  if (!me.hasAttribute('data-manual')) calls.page();
})(window, document, navigator);
