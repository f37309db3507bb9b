-- Real cities and houses, where they really are. Which halls they have here is made up in halls.sql.

insert into catalog.cities (slug, name, name_zh, country, timezone, latitude, longitude)
values
    ('london', 'London', '伦敦', 'GB', 'Europe/London', 51.5074, -0.1278),
    ('manchester', 'Manchester', '曼彻斯特', 'GB', 'Europe/London', 53.4808, -2.2426),
    ('berlin', 'Berlin', '柏林', 'DE', 'Europe/Berlin', 52.5200, 13.4050),
    ('paris', 'Paris', '巴黎', 'FR', 'Europe/Paris', 48.8566, 2.3522),
    ('amsterdam', 'Amsterdam', '阿姆斯特丹', 'NL', 'Europe/Amsterdam', 52.3728, 4.8936),
    ('new-york', 'New York', '纽约', 'US', 'America/New_York', 40.7128, -74.0060),
    ('shanghai', 'Shanghai', '上海', 'CN', 'Asia/Shanghai', 31.2304, 121.4737),
    ('tokyo', 'Tokyo', '东京', 'JP', 'Asia/Tokyo', 35.6762, 139.6503);

insert into catalog.venues (city_id, name, name_zh, kind, address, postal_code, latitude, longitude)
select c.city_id, v.name, v.name_zh, v.kind, v.address, v.postal_code, v.latitude, v.longitude
from (
    values
        ('london', 'BFI IMAX', null, 'cinema', '1 Charlie Chaplin Walk', 'SE1 8XR', 51.5049, -0.1137),
        ('london', 'BFI Southbank', null, 'cinema', 'Belvedere Road', 'SE1 8XT', 51.5068, -0.1151),
        ('london', 'Curzon Soho', null, 'cinema', '99 Shaftesbury Avenue', 'W1D 5DY', 51.5128, -0.1306),
        ('london', 'Prince Charles Cinema', null, 'cinema', '7 Leicester Place', 'WC2H 7BY', 51.5114, -0.1303),
        ('london', 'Odeon Luxe Leicester Square', null, 'cinema', '24-26 Leicester Square', 'WC2H 7JY', 51.5106, -0.1294),
        ('london', 'Barbican Centre', null, 'cinema', 'Silk Street', 'EC2Y 8DS', 51.5202, -0.0938),
        ('london', 'Rio Cinema', null, 'cinema', '107 Kingsland High Street', 'E8 2PB', 51.5496, -0.0755),
        ('london', 'Dominion Theatre', '多米尼恩剧院', 'theatre', '268-269 Tottenham Court Road', 'W1T 7AQ', 51.5166, -0.1301),
        ('london', 'Shakespeare''s Globe', '莎士比亚环球剧场', 'theatre', '21 New Globe Walk', 'SE1 9DT', 51.5081, -0.0972),
        ('london', 'Alexandra Palace', '亚历山德拉宫', 'arena', 'Alexandra Palace Way', 'N22 7AY', 51.5942, -0.1308),
        ('manchester', 'HOME', null, 'cinema', '2 Tony Wilson Place', 'M15 4FN', 53.4736, -2.2472),
        ('manchester', 'Vue Printworks', null, 'cinema', '27 Withy Grove', 'M4 2BS', 53.4851, -2.2402),
        ('manchester', 'Everyman St John''s', null, 'cinema', 'ABC Building, Atherton Street', 'M3 3GS', 53.4783, -2.2534),
        ('manchester', 'The Bridgewater Hall', '布里奇沃特音乐厅', 'concert_hall', 'Lower Mosley Street', 'M2 3WS', 53.4754, -2.2458),
        ('berlin', 'Kino International', null, 'cinema', 'Karl-Marx-Allee 33', '10178', 52.5204, 13.4229),
        ('berlin', 'Zoo Palast', null, 'cinema', 'Hardenbergstraße 29a', '10623', 52.5061, 13.3336),
        ('berlin', 'Delphi Filmpalast', null, 'cinema', 'Kantstraße 12a', '10623', 52.5055, 13.3289),
        ('berlin', 'Babylon', '巴比伦电影院', 'cinema', 'Rosa-Luxemburg-Straße 30', '10178', 52.5259, 13.4117),
        ('berlin', 'Philharmonie Berlin', '柏林爱乐厅', 'concert_hall', 'Herbert-von-Karajan-Straße 1', '10785', 52.5098, 13.3701),
        ('berlin', 'Uber Arena', null, 'arena', 'Uber Platz 1', '10243', 52.5056, 13.4436),
        ('paris', 'Le Grand Rex', '雷克斯大电影院', 'cinema', '1 boulevard Poissonnière', '75002', 48.8706, 2.3477),
        ('paris', 'mk2 Bibliothèque', null, 'cinema', '128-162 avenue de France', '75013', 48.8323, 2.3760),
        ('paris', 'Le Champo', null, 'cinema', '51 rue des Écoles', '75005', 48.8499, 2.3432),
        ('paris', 'UGC Ciné Cité Les Halles', null, 'cinema', '7 place de la Rotonde', '75001', 48.8623, 2.3449),
        ('paris', 'Salle Pleyel', '普莱耶尔音乐厅', 'concert_hall', '252 rue du Faubourg Saint-Honoré', '75008', 48.8769, 2.3010),
        ('amsterdam', 'Koninklijk Theater Tuschinski', '图申斯基剧院', 'cinema', 'Reguliersbreestraat 26-34', '1017 CN', 52.3663, 4.8946),
        ('amsterdam', 'Eye Filmmuseum', '眼睛电影博物馆', 'cinema', 'IJpromenade 1', '1031 KT', 52.3844, 4.9012),
        ('amsterdam', 'Het Concertgebouw', '阿姆斯特丹音乐厅', 'concert_hall', 'Concertgebouwplein 10', '1071 LN', 52.3563, 4.8791),
        ('new-york', 'Film Forum', null, 'cinema', '209 West Houston Street', '10014', 40.7285, -74.0041),
        ('new-york', 'IFC Center', null, 'cinema', '323 Sixth Avenue', '10014', 40.7310, -74.0016),
        ('new-york', 'AMC Lincoln Square 13', null, 'cinema', '1998 Broadway', '10023', 40.7750, -73.9817),
        ('new-york', 'Metrograph', null, 'cinema', '7 Ludlow Street', '10002', 40.7150, -73.9910),
        ('new-york', 'Beacon Theatre', '灯塔剧院', 'theatre', '2124 Broadway', '10023', 40.7805, -73.9812),
        ('shanghai', 'Grand Cinema', '大光明电影院', 'cinema', '216 Nanjing Road West', '200003', 31.2335, 121.4707),
        ('shanghai', 'Shanghai Film Art Center', '上海影城', 'cinema', '160 Xinhua Road', '200052', 31.2038, 121.4290),
        ('shanghai', 'Cathay Theatre', '国泰电影院', 'cinema', '870 Huaihai Road Middle', '200020', 31.2204, 121.4595),
        ('shanghai', 'Shanghai Grand Theatre', '上海大剧院', 'theatre', '300 People''s Avenue', '200003', 31.2298, 121.4697),
        ('tokyo', 'TOHO Cinemas Shinjuku', '新宿东宝影城', 'cinema', '1-19-1 Kabukicho, Shinjuku', '160-0021', 35.6951, 139.7020),
        ('tokyo', 'Shin-Bungeiza', '新文芸坐', 'cinema', '1-43-5 Higashi-Ikebukuro, Toshima', '170-0013', 35.7318, 139.7150),
        ('tokyo', 'Kadokawa Cinema Yurakucho', '角川电影院有乐町', 'cinema', '1-11-1 Yurakucho, Chiyoda', '100-0006', 35.6751, 139.7632),
        ('tokyo', 'Suntory Hall', '三得利音乐厅', 'concert_hall', '1-13-1 Akasaka, Minato', '107-8403', 35.6668, 139.7408)
) as v (city, name, name_zh, kind, address, postal_code, latitude, longitude)
inner join catalog.cities as c
    on c.slug = v.city
order by c.city_id, v.name;

-- Under which other names people look for them.
insert into catalog.place_aliases (city_id, name)
select c.city_id, a.name
from (
    values
        ('london', 'Londres'),
        ('london', 'ロンドン'),
        ('paris', 'Parigi'),
        ('paris', 'パリ'),
        ('new-york', 'New York City'),
        ('new-york', 'NYC'),
        ('tokyo', '東京'),
        ('tokyo', 'Tōkyō-to'),
        ('berlin', 'Berlino'),
        ('amsterdam', 'Mokum'),
        ('shanghai', '上海市')
) as a (slug, name)
inner join catalog.cities as c
    on c.slug = a.slug;
