"""Invented people for the report's sample: nobody here exists, and every address ends in .example."""

from __future__ import annotations

# name, title, organisation, country (ISO 3166), language, mode ("" not said)
PEOPLE = """
Aminata Sarr | Secrétaire générale adjointe | Confédération des travailleurs du Sahel | SN | fr | online
Moussa Diatta | Responsable formation | Confédération des travailleurs du Sahel | SN | fr | online
Fatou Bintou Camara | Trésorière | Union des femmes commerçantes de Ziguinchor | SN | fr | online
Ibrahima Kanté | | Fédération guinéenne des dockers | GN | fr | online
Salimata Ouattara | Juriste | Centrale des travailleurs du coton | CI | fr | online
Kouadio Brou | Conseiller protection sociale | Centrale des travailleurs du coton | CI | fr |
Yacouba Sawadogo-Zida | Président | Syndicat national des mineurs du Houet | BF | fr | online
Rasmata Compaoré-Nikiéma | Coordinatrice | Syndicat national des mineurs du Houet | BF | fr | online
Dieudonné Mbarga | Secrétaire exécutif | Union libre des cheminots | CM | fr | online
Clarisse Ngo Bikoï | Chargée de projet | Observatoire du travail domestique | CM | fr | online
Jean-Bosco Ilunga | Secrétaire provincial | Centrale unifiée des métallurgistes du Katanga | CD | fr | online
Espérance Mwamba | Animatrice | Réseau des couturières de Goma | CD | fr | online
Hery Rakotobe | Délégué | Fédération malgache de la vanille | MG | fr | online
Zohra Benkhaled | Avocate | Ligue des ouvrières du textile | TN | fr | online
Rachid El Amrani | Chef de département | Fédération des postes et télécoms | MA | fr | in_person
Naïma Belkacem | Secrétaire nationale | Syndicat autonome des infirmiers | DZ | fr | online
Véronique Dessimoz | Collaboratrice scientifique | Institut romand du travail | CH | fr | in_person
Urs Hänggi | Leiter Sozialpolitik | Bund der Bahnangestellten | CH | fr | in_person
Claire Lemoigne | Chargée de mission Europe | Confédération des métiers du soin | FR | fr | in_person
Baptiste Lhermitte | Doctorant | Université des Trois-Rivières | FR | fr | in_person
Els Verstraeten | Beleidsadviseur | Algemeen Verbond der Zorgberoepen | BE | fr | in_person
Thandeka Mabuza-Nkosi | National Organiser | South African Union of Warehouse Workers | ZA | en | online
Sipho Radebe | Provincial Secretary | South African Union of Warehouse Workers | ZA | en | online
Chidinma Okafor-Bello | Head of Social Protection | Nigeria Federation of Market Traders | NG | en | online
Emeka Uzodinma-Cole | Programme Officer | Nigeria Federation of Market Traders | NG | en | online
Akosua Frimpong-Boadu | Deputy General Secretary | Ghana Cocoa Growers' Union | GH | en | online
Kwame Asante-Darko | | Ghana Cocoa Growers' Union | GH | en | online
Wanjiru Kamathi | Policy Analyst | Kenya Domestic Workers Alliance | KE | en | online
Otieno Oduor-Were | General Secretary | Kenya Domestic Workers Alliance | KE | en | online
Neema Mushi | Gender Coordinator | Tanzania Plantation Workers' League | TZ | en | online
Tendai Chikomo | Researcher | Labour Studies Institute of Harare | ZW | en | online
Selam Haile-Tekle | Legal Adviser | Garment Workers' Forum of Hawassa | ET | en | online
Priya Raghunathan | National Secretary | Self-Employed Weavers' Association | IN | en | online
Arvind Deshmukh-Patil | Convenor | Platform Drivers' Front | IN | en | online
Shirin Akhter-Banu | Organising Secretary | Readymade Garment Workers' League | BD | en | online
Nimal Wickramaratne | Coordinator | Ceylon Estate Workers' Congress | LK | en | online
Sunita Tamang-Rai | President | Nepal Home-Based Workers' Union | NP | en | online
Maricel Bautista-Ocampo | Deputy Director | Alliance of Seafarers' Families | PH | en | online
Sokunthea Prak | Programme Manager | Cambodian Food Industry Federation | KH | en | online
Budi Hartantyo | Vice President | Federasi Pekerja Pelabuhan Nusantara | ID | en | online
Aung Thiha Zaw | | Myanmar Fishers' Network | MM | en | online
Siobhán Mac Giolla | Head of International | Union of Care and Cleaning | IE | en | in_person
Graham Thistlethwaite | Adviser | Institute for Fair Work | GB | en | in_person
Annelie Bergqvist | Ombudsman | Tjänstemännens Vårdförbund Norr | SE | en | in_person
Jorunn Haugsdal | International Secretary | Arbeidernes Hjelpeforbund | NO | en | in_person
Mehmet Karadağlı | Uzman | Liman İşçileri Birliği | TR | en | online
María Belén Quispe Choque | Secretaria de Actas | Federación de Trabajadoras del Hogar "Bartolina" | BO | es | online
Washington Olivera Sosa | Asesor | Coordinadora de Funcionarios de la Costa | UY | es | online
Lucía Ferreyra | Abogada | Asociación de Trabajadores Portuarios del Sur | AR | es | online
Hernán Iturralde Paz | Secretario de Previsión | Asociación de Trabajadores Portuarios del Sur | AR | es | online
Ximena Huenchumilla | Dirigenta | Confederación de Recolectores del Biobío | CL | es | online
Jorge Eliécer Moncayo | Director de investigaciones | Escuela Sindical del Magdalena | CO | es | online
Yuliana Restrepo Giraldo | Coordinadora nacional | Unión de Trabajadoras de las Flores | CO | es | online
Rosa Elvira Tzoc Ajú | Presidenta | Federación Maya de Hilanderas | GT | es | online
Óscar Rigoberto Pineda | Fiscal | Central de Trabajadores del Banano | HN | es | online
Guadalupe Xicoténcatl | Secretaria de Género | Sindicato de Costureras "19 de Septiembre" | MX | es | online
Milagros Ccahuana | | Red de Vendedoras de Mercado | PE | es |
Begoña Arrizabalaga | Técnica de protección social | Confederación de Cuidados del Norte | ES | es | in_person
Valdirene dos Anjos Prado | Diretora de saúde do trabalhador | Federação dos Estivadores da Bahia | BR | pt | online
Josué Tavares Quintanilha | Economista | Observatório do Trabalho Rural | BR | pt | online
Célia Macuácua | Secretária para a Mulher | Sindicato Moçambicano da Pesca | MZ | pt | online
Domingos Kapitango | Secretário-geral | União dos Ferroviários do Lobito | AO | pt | online
Ana Lúcia Vilhena | Jurista | Confederação das Profissões da Saúde | PT | pt | in_person
Arlindo Semedo Tavares | Vogal | União dos Pescadores de Barlavento | CV | pt | online
"""
